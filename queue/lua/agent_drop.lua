-- agent_drop begins the grace of an agent whose socket closed. A socket that is
-- not the agent's present one changes nothing. Args: id, connection.
local agent = read('agent', arg(1))
if not agent then return refuse('notfound') end
if agent.conn == '' or agent.conn ~= arg(2) then return reply() end
local ticket = agent.ticket ~= '' and read('ticket', agent.ticket)
local grace = AGENT_GRACE
write('agent', agent, { conn = '', lost = '1' })
if ticket and (ticket.state == 'connecting' or ticket.state == 'active') then
  grace = CALL_GRACE
  write('ticket', ticket, { agentlost = '1' })
  emit('agent_lost', ticket, agent.id)
end
due('agent', agent.id, now() + grace)
seat(agent)
-- A ticket held for this agent need not wait for it any more.
match()
return reply()
