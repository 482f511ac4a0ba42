-- common.lua stands in front of every operation: keys, the clock, records,
-- events, deadlines, seats and the match. An operation validates everything
-- before its first write, because a script that fails half way is not rolled
-- back.
--
-- KEYS[1] is the prefix of all keys, rw:{centre}:, so that one slot holds them.
-- ARGV: store epoch, announce flag, the eight numbers, then the operation's own.

local SEPARATOR = '\31' -- between the items of a list; ids never contain it
local store = tonumber(ARGV[1])
local RING, AFFINITY = tonumber(ARGV[3]), tonumber(ARGV[4])
local WAITING_GRACE, CALL_GRACE, AGENT_GRACE = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
local WRAPUP, WRAPUP_HARD, BOOST = tonumber(ARGV[8]), tonumber(ARGV[9]), tonumber(ARGV[10])
local EXTENSION, EXTENSIONS = 60000, 10
local RETENTION = 86400000 -- a closed ticket is known for a day, to answer retries
local EPOCHS = 1048576     -- epoch = store epoch * 2^20 + n

local function key(name) return KEYS[1] .. name end
local function arg(i) return ARGV[10 + i] or '' end

-- whole prints a number without an exponent: tostring differs between servers.
local function whole(n) return string.format('%.0f', n) end
local function number(s) return tonumber(s or '0') or 0 end

-- results collects how offers ended, for the counter of the node that ran this.
local results = {}

local function refuse(code) return { code, '' } end
local function reply(...) return { 'ok', table.concat(results, ' '), ... } end

-- The fence: a node that has not heard of a rebuilt store may change nothing.
-- Only an announced epoch is written (flag 1), so that a flushed store shows 0
-- until a reconciler has been there; a reader (flag -) is not fenced.
local seen = number(redis.call('HGET', key('meta'), 'store') or '0')
if store < seen and ARGV[2] ~= '-' then return refuse('fenced') end
if ARGV[2] == '1' and store > seen then redis.call('HSET', key('meta'), 'store', whole(store)) end

-- now is the one clock, Redis TIME in ms, read once a script. The offset key is
-- set by tests only: ms to add, or '=' and the time itself. A small step back of
-- the host's clock is held still; a large one is believed, or a wrong jump
-- forward would stop all deadlines.
local clock
local function now()
  if not clock then
    local offset = redis.call('GET', key('offset')) or '0'
    if string.sub(offset, 1, 1) == '=' then
      clock = number(string.sub(offset, 2))
    else
      local time = redis.call('TIME')
      clock = number(time[1]) * 1000 + math.floor(number(time[2]) / 1000) + number(offset)
    end
    local last = number(redis.call('HGET', key('meta'), 'now') or '0')
    if clock < last and last - clock < 5000 then clock = last end
  end
  return clock
end

-- Records are hashes, read once a script: every function sees the same table.
local records = {}

local function read(kind, id)
  local name = kind .. ':' .. id
  if not records[name] then
    local flat = redis.call('HGETALL', key(name))
    if #flat == 0 then return nil end
    local record = {}
    for i = 1, #flat, 2 do record[flat[i]] = flat[i + 1] end
    records[name] = record
  end
  return records[name]
end

local function write(kind, record, fields)
  local flat = {}
  for field, value in pairs(fields) do
    if type(value) == 'number' then value = whole(value) end
    record[field] = value
    flat[#flat + 1] = field
    flat[#flat + 1] = value
  end
  records[kind .. ':' .. record.id] = record
  redis.call('HSET', key(kind .. ':' .. record.id), unpack(flat))
end

local function flat(kind, id) return redis.call('HGETALL', key(kind .. ':' .. id)) end

local function has(list, item)
  return string.find(SEPARATOR .. list .. SEPARATOR, SEPARATOR .. item .. SEPARATOR, 1, true) ~= nil
end

local function with(list, item)
  if list == '' then return item end
  if has(list, item) then return list end
  return list .. SEPARATOR .. item
end

-- emit tells of a change in the same step as the change, with a version
-- without gaps.
local function emit(kind, ticket, agent, station, detail)
  local version = redis.call('HINCRBY', key('meta'), 'version', 1)
  redis.call('HSET', key('meta'), 'now', whole(now()))
  redis.call('XADD', key('events'), 'MAXLEN', '~', '10000', '*',
    'version', whole(version), 'at', whole(now()), 'kind', kind,
    'ticket', ticket and ticket.id or '', 'agent', agent or '',
    'station', station or (ticket and ticket.station) or '',
    'epoch', ticket and ticket.epoch or '0', 'detail', detail or '')
end

-- Deadlines are one sorted set that any node sweeps; at most one of a kind for
-- each ticket or agent.
local function due(kind, id, at) redis.call('ZADD', key('deadlines'), whole(at), kind .. ':' .. id) end
local function undue(kind, id) redis.call('ZREM', key('deadlines'), kind .. ':' .. id) end

-- raised is the epoch after a change of owner: above the present one, and above
-- all that was issued under an older store epoch.
local function raised(epoch)
  local old = number(epoch)
  return math.max(old + 1, store * EPOCHS + old % EPOCHS + 1)
end

-- usable says that an agent may get offers once it has no ticket.
local function usable(agent)
  return agent.conn ~= '' and agent.presence == 'available' and agent.rona ~= '1'
end

-- able says that the agent's skills cover the ticket's; no skills cover all.
local function able(agent, ticket)
  if agent.skills == '' then return true end
  for skill in string.gmatch(ticket.skills, '[^' .. SEPARATOR .. ']+') do
    if not has(agent.skills, skill) then return false end
  end
  return true
end

-- seat derives an agent's state and is the only writer of idle.
local function seat(agent)
  local ticket = agent.ticket ~= '' and read('ticket', agent.ticket)
  local state
  if agent.conn == '' then
    state = agent.lost == '1' and 'lost' or 'offline'
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
    write('agent', agent, { state = state, since = now() })
    emit('agent', nil, agent.id, '', state)
  end
end

-- known returns the agent's record, made when it is new.
local function known(id)
  local agent = read('agent', id)
  if agent then return agent end
  agent = { id = id }
  write('agent', agent, { id = id, skills = '', cap = '1', presence = 'offline', reason = '', conn = '', lost = '',
    rona = '', suspect = '', ticket = '', state = 'offline', since = now(), idle = now() })
  redis.call('SADD', key('agents'), id)
  return agent
end

local function knownStation(id)
  local station = read('station', id)
  if station then return station end
  station = { id = id }
  write('station', station, { id = id, conn = '', left = '', since = now(), faults = '', help = '', ticket = '' })
  redis.call('SADD', key('stations'), id)
  return station
end

-- release frees the ticket's agent; fresh restarts its idle time.
local function release(ticket, fresh)
  local agent = ticket.agent ~= '' and read('agent', ticket.agent)
  if not agent or agent.ticket ~= ticket.id then return end
  write('agent', agent, { ticket = '' })
  if fresh then write('agent', agent, { idle = now() }) end
  seat(agent)
end

-- hold wakes the match when the affinity window of a waiting ticket is over.
local function hold(ticket)
  local ends = number(ticket.arrived) + AFFINITY
  if ticket.affinity ~= '' and ends > now() then due('hold', ticket.id, ends) end
end

-- wait puts a ticket back in line at its own place: the score never changes.
local function wait(ticket)
  undue('ring', ticket.id)
  write('ticket', ticket, { state = 'waiting', epoch = raised(ticket.epoch), agent = '', since = now(), offered = '0',
    shown = '0', expires = '0', accepted = '0', connected = '0' })
  redis.call('ZADD', key('waiting'), ticket.score, ticket.id)
  hold(ticket)
end

-- unoffer takes a ringing offer back from its agent. The result 'rona' makes the
-- agent press to return; 'undelivered' keeps it ready, at the end of the line.
local function unoffer(ticket, result, exclude, detail)
  local id, agent = ticket.agent, read('agent', ticket.agent)
  results[#results + 1] = result
  emit(result, ticket, id, nil, detail)
  if exclude then write('ticket', ticket, { excluded = with(ticket.excluded, id) }) end
  if result == 'rona' then write('agent', agent, { rona = '1' }) end
  if result == 'undelivered' then write('agent', agent, { suspect = '1' }) end
  release(ticket, result == 'undelivered')
  wait(ticket)
end

-- requeue takes a call from its agent and puts it back at its own place.
local function requeue(ticket, reason, exclude)
  local id = ticket.agent
  if exclude then write('ticket', ticket, { excluded = with(ticket.excluded, id) }) end
  release(ticket, true)
  wait(ticket)
  emit('requeued', ticket, id, nil, reason)
  if ticket.lost == '1' then due('lost', ticket.id, now() + WAITING_GRACE) end
end

-- settle ends the talk: the station is free, the agent writes up.
local function settle(ticket, reason)
  local station = read('station', ticket.station)
  undue('lost', ticket.id)
  write('ticket', ticket, { state = 'wrapup', since = now(), ended = now(), reason = reason, lost = '',
    wrapends = now() + WRAPUP })
  due('wrap', ticket.id, now() + WRAPUP)
  due('hard', ticket.id, now() + WRAPUP_HARD)
  if station and station.ticket == ticket.id then write('station', station, { ticket = '' }) end
  emit('ended', ticket, ticket.agent, nil, reason)
  seat(read('agent', ticket.agent))
end

-- close ends a ticket for good, from any state.
local function close(ticket, kind, reason)
  local station, agent = read('station', ticket.station), ticket.agent
  local served = ticket.accepted ~= '0'
  if ticket.state == 'offered' then results[#results + 1] = kind end
  for _, deadline in ipairs({ 'ring', 'hold', 'lost', 'wrap', 'hard' }) do undue(deadline, ticket.id) end
  redis.call('ZREM', key('waiting'), ticket.id)
  redis.call('SREM', key('open'), ticket.id)
  local ended = ticket.ended ~= '0' and ticket.ended or whole(now())
  write('ticket', ticket, { state = 'closed', since = now(), ended = ended, lost = '', agentlost = '',
    reason = ticket.reason ~= '' and ticket.reason or reason })
  due('forget', ticket.id, now() + RETENTION)
  if station and station.ticket == ticket.id then write('station', station, { ticket = '' }) end
  emit(kind, ticket, agent, nil, reason)
  release(ticket, served)
end

local function reserve(ticket, agent)
  undue('hold', ticket.id)
  redis.call('ZREM', key('waiting'), ticket.id)
  write('ticket', ticket, { state = 'offered', agent = agent.id, epoch = raised(ticket.epoch), since = now(),
    offered = now(), shown = '0', expires = now() + RING })
  due('ring', ticket.id, now() + RING)
  write('agent', agent, { ticket = ticket.id })
  emit('offered', ticket, agent.id)
  seat(agent)
end

-- spent says that everyone who could serve the ticket, now or after a call, has
-- been excluded.
local function spent(ticket)
  if ticket.excluded == '' then return false end
  for _, id in ipairs(redis.call('SMEMBERS', key('agents'))) do
    local agent = read('agent', id)
    if usable(agent) and able(agent, ticket) and not has(ticket.excluded, id) then return false end
  end
  return true
end

-- choose returns the agent for a waiting ticket out of the idle ids, longest
-- idle first, or nil: nobody can, or the ticket is held for its own agent.
local function choose(ticket, idle)
  if spent(ticket) then write('ticket', ticket, { excluded = '' }) end
  local own = ticket.affinity ~= '' and read('agent', ticket.affinity)
  if own and usable(own) and able(own, ticket) and not has(ticket.excluded, own.id) then
    if own.state == 'ready' then return own end
    if now() < number(ticket.arrived) + AFFINITY then return nil end
  end
  for _, id in ipairs(idle) do
    local agent = read('agent', id)
    if agent.state == 'ready' and able(agent, ticket) and not has(ticket.excluded, id) then return agent end
  end
  return nil
end

-- match pairs the waiting with the idle, in order, until one side is used up. A
-- ticket that nobody can take does not block those behind it.
local function match()
  local idle = redis.call('ZRANGE', key('idle'), 0, -1)
  local left = #idle
  if left == 0 then return end
  for _, id in ipairs(redis.call('ZRANGE', key('waiting'), 0, -1)) do
    local ticket = read('ticket', id)
    if ticket and ticket.lost ~= '1' then
      local agent = choose(ticket, idle)
      if agent then
        reserve(ticket, agent)
        left = left - 1
        if left == 0 then return end
      end
    end
  end
end
