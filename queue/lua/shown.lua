-- shown notes that the desk drew the offer: from now on a ring-out counts.
-- Args: id, agent, epoch.
local ticket = read('ticket', arg(1))
if not ticket then return refuse('notfound') end
if ticket.state ~= 'offered' or ticket.agent ~= arg(2) or ticket.epoch ~= arg(3) then return refuse('stale') end
if ticket.shown == '0' then
  write('ticket', ticket, { shown = now() })
  write('agent', read('agent', ticket.agent), { suspect = '' })
  emit('shown', ticket, ticket.agent)
end
return reply()
