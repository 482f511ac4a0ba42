-- third_decline refuses an invitation. Args: id, target, third epoch, reason.
local ticket = read('ticket', arg(1))
if not ticket then return refuse('notfound') end
if ticket.third == '' and ticket.thirdepoch == arg(3) then return reply() end
if ticket.thirdstate ~= 'offered' or ticket.third ~= arg(2) or ticket.thirdepoch ~= arg(3) then return refuse('stale') end
dismiss(ticket, 'third_declined', arg(4))
match()
return reply()
