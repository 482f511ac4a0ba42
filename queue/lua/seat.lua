-- seat.lua: agents and stations, who may be asked and what each is doing.

-- usable says that an agent may get offers once it has no ticket.
local function usable(agent)
  return agent.conn ~= '' and agent.presence == 'available' and agent.rona ~= '1'
end

-- able says that the agent's skills cover what is needed; no skills cover all.
local function able(agent, need)
  if agent.skills == '' then return true end
  for skill in items(need) do
    if not has(agent.skills, skill) then return false end
  end
  return true
end

-- seat derives an agent's state and is the only writer of idle, the ready ones in
-- the order in which they are asked, and of staff, all who are not offline.
local function seat(agent)
  local ticket = agent.ticket ~= '' and read('ticket', agent.ticket)
  local state
  if agent.conn == '' then
    state = agent.lost == '1' and 'lost' or 'offline'
  elseif ticket and ticket.third == agent.id then
    state = ticket.thirdstate == 'offered' and 'offer' or 'call'
  elseif ticket then
    state = ticket.state == 'offered' and 'offer' or ticket.state == 'wrapup' and 'wrapup' or 'call'
  elseif agent.presence == 'offline' then
    state = 'offline'
  elseif agent.rona == '1' then
    state = 'rona'
  else
    state = agent.presence == 'available' and 'ready' or 'away'
  end
  if state == 'ready' then
    redis.call('ZADD', key('idle'), agent.idle, agent.id)
  else
    redis.call('ZREM', key('idle'), agent.id)
  end
  if state ~= agent.state then
    if state == 'offline' then
      redis.call('ZREM', key('staff'), agent.id)
    else
      redis.call('ZADD', key('staff'), 0, agent.id)
    end
    write('agent', agent, { state = state, since = now() })
    emit('agent', nil, agent.id, '', state)
  end
end

-- known returns the agent's record, made when it is new.
local function known(id)
  local agent = read('agent', id)
  if agent then return agent end
  agent = setmetatable({ id = id }, EMPTY)
  write('agent', agent, { id = id, skills = '', cap = '1', presence = 'offline', reason = '', conn = '', lost = '',
    rona = '', suspect = '', ticket = '', state = 'offline', since = now(), idle = now(), reviews = '', node = '' })
  redis.call('SADD', key('agents'), id)
  return agent
end

local function knownStation(id)
  local station = read('station', id)
  if station then return station end
  station = setmetatable({ id = id }, EMPTY)
  write('station', station, { id = id, conn = '', left = '', since = now(), faults = '', help = '', ticket = '',
    node = '' })
  redis.call('SADD', key('stations'), id)
  return station
end

-- socket notes the socket of an agent or station, empty when it closed, and the
-- node that announced it: when its lease runs out, all of these are dropped.
local function socket(kind, record, conn)
  local member, node = kind .. ':' .. record.id, conn ~= '' and NODE or ''
  if record.node ~= '' and record.node ~= node then redis.call('ZREM', key('sockets:' .. record.node), member) end
  if node ~= '' then redis.call('ZADD', key('sockets:' .. node), 0, member) end
  write(kind, record, { conn = conn, node = node })
end

-- free takes an agent from its ticket; fresh restarts its idle time.
local function free(agent, fresh)
  write('agent', agent, { ticket = '' })
  if fresh then write('agent', agent, { idle = now() }) end
  seat(agent)
end

-- release frees the ticket's agent.
local function release(ticket, fresh)
  local agent = ticket.agent ~= '' and read('agent', ticket.agent)
  if agent and agent.ticket == ticket.id then free(agent, fresh) end
end

