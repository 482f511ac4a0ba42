-- abandon closes a ticket that nobody has accepted; a ringing offer is taken
-- back in the same step. A scheduled one is called off.
-- Args: id, reason.
local ticket = read('ticket', arg(1))
if not ticket then return refuse('notfound') end
if ticket.state == 'waiting' or ticket.state == 'offered' or ticket.state == 'scheduled' then
  close(ticket, 'abandoned', arg(2))
  match()
elseif ticket.state ~= 'closed' or ticket.accepted ~= '0' then
  return refuse('state')
end
return reply()
