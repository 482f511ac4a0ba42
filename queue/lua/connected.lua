-- connected notes that both sides have media. Args: id, epoch.
local ticket = read('ticket', arg(1))
if not ticket then return refuse('notfound') end
if ticket.epoch ~= arg(2) then return refuse('stale') end
if ticket.state == 'connecting' then
  write('ticket', ticket, { state = 'active', since = now(), connected = now() })
  emit('connected', ticket, ticket.agent)
elseif ticket.state ~= 'active' then
  return refuse('state')
end
return reply(flat('ticket', ticket.id))
