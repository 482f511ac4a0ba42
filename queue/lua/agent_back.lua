-- agent_back records the socket of an agent, the newest one wins, and ends the
-- grace of a lost one. Args: id, skills, cap, connection.
if arg(1) == '' or arg(4) == '' then return refuse('invalid') end
local agent = known(arg(1))
local ticket = agent.ticket ~= '' and read('ticket', agent.ticket)
-- The idle clock begins when an agent comes, not when a lost one returns.
if agent.conn == '' and agent.lost ~= '1' then write('agent', agent, { idle = now() }) end
undue('agent', agent.id)
socket('agent', agent, arg(4))
write('agent', agent, { lost = '', suspect = '', skills = arg(2), cap = arg(3) })
-- An offer may still tell that the agent of the call before was lost.
if ticket and ticket.agent == agent.id and ticket.agentlost == '1' and ticket.state ~= 'offered' then
  write('ticket', ticket, { agentlost = '' })
  emit('agent_back', ticket, agent.id)
end
seat(agent)
match()
return reply(flat('agent', agent.id))
