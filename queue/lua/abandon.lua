-- abandon closes a ticket that nobody has accepted; a ringing offer is taken
-- back in the same step. Args: id, reason.
local ticket = read('ticket', arg(1))
if not ticket then return refuse('notfound') end
if ticket.state == 'waiting' or ticket.state == 'offered' then
  local fresh = ticket.state == 'offered'
  close(ticket, 'abandoned', arg(2))
  if fresh then match() end
elseif ticket.state ~= 'closed' or ticket.accepted ~= '0' then
  return refuse('state')
end
return reply()
