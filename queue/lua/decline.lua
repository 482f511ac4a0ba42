-- decline refuses an offer: the ticket keeps its place and goes to another.
-- Args: id, agent, epoch, reason.
local ticket = read('ticket', arg(1))
if not ticket then return refuse('notfound') end
local stamp = 'decline' .. SEPARATOR .. arg(2) .. SEPARATOR .. arg(3)
if ticket.last == stamp then return reply() end
if ticket.state ~= 'offered' or ticket.agent ~= arg(2) or ticket.epoch ~= arg(3) then return refuse('stale') end
write('ticket', ticket, { last = stamp })
unoffer(ticket, 'declined', true, arg(4))
match()
return reply()
