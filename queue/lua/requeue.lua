-- requeue takes a call from its agent and gives it to another, at its own place.
-- Args: id, epoch, reason.
local ticket = read('ticket', arg(1))
if not ticket then return refuse('notfound') end
local stamp = 'requeue' .. SEPARATOR .. arg(2)
if ticket.last == stamp and (ticket.state == 'waiting' or ticket.state == 'offered') then
  return reply(flat('ticket', ticket.id))
end
if ticket.epoch ~= arg(2) then return refuse('stale') end
if ticket.state ~= 'connecting' and ticket.state ~= 'active' then return refuse('state') end
write('ticket', ticket, { last = stamp, agentlost = '' })
requeue(ticket, 'requeued', arg(3), true)
match()
return reply(flat('ticket', ticket.id))
