-- hangup ends the talk and begins wrap-up. Args: id, epoch, reason.
local ticket = read('ticket', arg(1))
if not ticket then return refuse('notfound') end
if ticket.epoch ~= arg(2) then return refuse('stale') end
if ticket.state == 'connecting' or ticket.state == 'active' then
  settle(ticket, arg(3))
  match() -- a third person is free, a call-back of the station may begin
elseif ticket.state ~= 'wrapup' and not (ticket.state == 'closed' and ticket.accepted ~= '0') then
  return refuse('state')
end
return reply(flat('ticket', ticket.id))
