-- review_return puts a pre-review back at its own place. A repeat changes nothing.
-- Args: id, agent, epoch, reason.
local ticket = read('ticket', arg(1))
if not ticket then return refuse('notfound') end
local stamp = 'review_return' .. SEPARATOR .. arg(2) .. SEPARATOR .. arg(3)
if ticket.last == stamp and ticket.state == 'waiting' then return reply(flat('ticket', ticket.id)) end
if ticket.epoch ~= arg(3) or ticket.agent ~= arg(2) then return refuse('stale') end
if ticket.state ~= 'review' then return refuse('state', ticket.state) end
write('ticket', ticket, { last = stamp })
giveBack(ticket, arg(4))
return reply(flat('ticket', ticket.id))
