-- agent_set records what an agent chose; it also ends a RONA pause.
-- Args: id, skills, cap, presence, reason.
local presence = arg(4)
if arg(1) == '' then return refuse('invalid') end
if presence ~= 'available' and presence ~= 'away' and presence ~= 'offline' then return refuse('invalid') end
local agent = known(arg(1))
local before = agent.state
local changed = agent.presence ~= presence or agent.reason ~= arg(5) or agent.skills ~= arg(2)
write('agent', agent, { skills = arg(2), cap = arg(3), presence = presence, reason = arg(5), rona = '' })
seat(agent)
if changed and agent.state == before then emit('agent', nil, agent.id, '', agent.state) end
match()
return reply(flat('agent', agent.id))
