-- extend gives a running wrap-up one more minute, a limited number of times.
-- Args: id, agent, epoch, a token of this call: the same one again is a resend
-- after a lost answer and changes nothing.
local ticket = read('ticket', arg(1))
if not ticket then return refuse('notfound') end
if ticket.epoch ~= arg(3) or ticket.agent ~= arg(2) then return refuse('stale') end
local stamp = 'extend' .. SEPARATOR .. arg(4)
if ticket.state == 'wrapup' and ticket.last == stamp then return reply(flat('ticket', ticket.id)) end
if ticket.state ~= 'wrapup' or number(ticket.wrapends) <= now() or number(ticket.extended) >= EXTENSIONS then
  return refuse('state')
end
write('ticket', ticket, { extended = number(ticket.extended) + 1, wrapends = number(ticket.wrapends) + EXTENSION,
  last = stamp })
due('wrap', ticket.id, number(ticket.wrapends))
emit('extended', ticket, ticket.agent)
return reply(flat('ticket', ticket.id))
