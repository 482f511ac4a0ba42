-- hand_over makes the third person who has joined the owner. A repeat changes
-- nothing. Args: id, agent, epoch.
local ticket = read('ticket', arg(1))
if not ticket then return refuse('notfound') end
local stamp = 'hand_over' .. SEPARATOR .. arg(2) .. SEPARATOR .. arg(3)
if ticket.last == stamp and (ticket.state == 'connecting' or ticket.state == 'active') then
  return reply(flat('ticket', ticket.id))
end
if ticket.epoch ~= arg(3) or ticket.agent ~= arg(2) then return refuse('stale') end
if ticket.state ~= 'connecting' and ticket.state ~= 'active' then return refuse('state', ticket.state) end
if ticket.thirdstate ~= 'joined' then return refuse('state', 'third') end
if read('agent', ticket.third).conn == '' then return refuse('state', 'lost') end
write('ticket', ticket, { last = stamp })
handOver(ticket)
match()
return reply(flat('ticket', ticket.id))
