-- reprioritise moves a ticket to the place of another priority.
-- Args: id, priority, by.
local ticket = read('ticket', arg(1))
if not ticket then return refuse('notfound') end
if ticket.state ~= 'waiting' and ticket.state ~= 'offered' and ticket.state ~= 'scheduled' then
  return refuse('state', ticket.state)
end
local before = ticket.priority
if before ~= arg(2) then
  write('ticket', ticket, { priority = arg(2), score = number(ticket.arrived) - number(arg(2)) * BOOST })
  emit('reprioritised', ticket, ticket.agent, nil, arg(3) .. ' ' .. before .. ' ' .. arg(2))
  if ticket.state == 'waiting' then file(ticket) end
  for _, parked in ipairs({ 'shut', 'parked:' .. ticket.station }) do
    redis.call('ZADD', key(parked), 'XX', ticket.score, ticket.id)
  end
  match()
end
return reply(flat('ticket', ticket.id))
