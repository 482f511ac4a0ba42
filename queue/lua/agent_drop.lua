-- agent_drop begins the grace of an agent whose socket closed. A socket that is
-- not the agent's present one changes nothing. Args: id, connection.
local agent = read('agent', arg(1))
if not agent then return refuse('notfound') end
if agent.conn == '' or agent.conn ~= arg(2) then return reply() end
dropAgent(agent)
-- A ticket held for this agent need not wait for it any more.
match()
return reply()
