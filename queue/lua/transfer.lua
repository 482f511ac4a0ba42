-- transfer gives a call to others, at its own place, and frees its agent.
-- Args: id, agent, epoch, to, flag, skills, reason: with a to it is asked first;
-- with the flag 1 the skills replace those needed.
local ticket = read('ticket', arg(1))
if not ticket then return refuse('notfound') end
local stamp = 'transfer' .. SEPARATOR .. arg(2) .. SEPARATOR .. arg(3)
if ticket.last == stamp and (ticket.state == 'waiting' or ticket.state == 'offered') then
  return reply(flat('ticket', ticket.id))
end
if ticket.epoch ~= arg(3) or ticket.agent ~= arg(2) then return refuse('stale') end
if ticket.state ~= 'connecting' and ticket.state ~= 'active' then return refuse('state', ticket.state) end
write('ticket', ticket, { last = stamp, agentlost = '' })
if arg(4) ~= '' then
  write('ticket', ticket, { affinity = arg(4), transferred = '1', window = now() })
end
if arg(5) == '1' then write('ticket', ticket, { skills = arg(6), need = arg(6), widen = '', step = '0' }) end
requeue(ticket, 'transferred', arg(7), true)
match()
return reply(flat('ticket', ticket.id))
