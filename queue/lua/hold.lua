-- hold begins (1) or ends (0) a hold of an active call. Args: id, epoch, flag.
local ticket = read('ticket', arg(1))
if not ticket then return refuse('notfound') end
if ticket.epoch ~= arg(2) then return refuse('stale') end
if ticket.state ~= 'active' then return refuse('state', ticket.state) end
local holding = ticket.held ~= '0'
if arg(3) == '1' and not holding then
  write('ticket', ticket, { held = now() })
  emit('held', ticket, ticket.agent)
elseif arg(3) ~= '1' and holding then
  unhold(ticket)
  emit('resumed', ticket, ticket.agent)
end
return reply(flat('ticket', ticket.id))
