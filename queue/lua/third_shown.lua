-- third_shown notes that the desk drew the invitation: from now on a ring-out
-- counts. Args: id, target, third epoch.
local ticket = read('ticket', arg(1))
if not ticket then return refuse('notfound') end
if ticket.thirdstate ~= 'offered' or ticket.third ~= arg(2) or ticket.thirdepoch ~= arg(3) then return refuse('stale') end
if ticket.thirdshown == '0' then
  write('ticket', ticket, { thirdshown = now() })
  write('agent', read('agent', ticket.third), { suspect = '' })
  emit('third_shown', ticket, ticket.third)
end
return reply()
