-- accept gives the ticket to the agent who was offered it. A repeat by the same
-- agent with the same epoch (a lost reply) is answered alike and changes nothing.
-- Args: id, agent, epoch.
local ticket = read('ticket', arg(1))
if not ticket then return refuse('notfound') end
local stamp = 'accept' .. SEPARATOR .. arg(2) .. SEPARATOR .. arg(3)
if (ticket.state == 'connecting' or ticket.state == 'active') and ticket.last == stamp then
  return reply(flat('ticket', ticket.id))
end
if ticket.state ~= 'offered' or ticket.agent ~= arg(2) or ticket.epoch ~= arg(3) then return refuse('stale') end
undue('ring', ticket.id)
write('ticket', ticket, { state = 'connecting', epoch = raised(ticket.epoch), since = now(), accepted = now(),
  expires = '0', agentlost = '', excluded = '', last = stamp, transferred = '' })
resolve(ticket, 'accepted')
results[#results + 1] = 'accepted'
emit('accepted', ticket, ticket.agent)
seat(read('agent', ticket.agent))
local agent = read('agent', ticket.agent)
if agent.conn == '' then
  -- Accepted over a socket that has gone meanwhile: the call is held like any other.
  write('ticket', ticket, { agentlost = '1' })
  due('agent', agent.id, now() + CALL_GRACE)
  emit('agent_lost', ticket, agent.id)
end
return reply(flat('ticket', ticket.id))
