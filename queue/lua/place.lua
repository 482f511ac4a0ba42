-- place.lua: into the line and out of it, to the end of a ticket.

local DEADLINES = { 'ring', 'hold', 'widen', 'due', 'missed', 'lost', 'wrap', 'hard', 'third', 'forget' }

-- resolve notes in the explanation of the last offer how that ended.
local function resolve(ticket, result)
  local last = redis.call('LINDEX', key('why:' .. ticket.id), 0)
  if last then
    redis.call('LSET', key('why:' .. ticket.id), 0, result .. string.sub(last, string.find(last, STEP_END, 1, true), -1))
  end
end

-- wait makes a ticket wait again at its own place: the score never changes. The
-- caller tells of it and then calls lineUp.
local function wait(ticket)
  undue('ring', ticket.id)
  unhold(ticket)
  write('ticket', ticket, { state = 'waiting', epoch = raised(ticket.epoch), agent = '', since = now(), offered = '0',
    shown = '0', expires = '0', accepted = '0', connected = '0' })
end

-- unoffer takes a ringing offer back from its agent. The result 'rona' makes the
-- agent press to return; 'undelivered' keeps it ready, at the end of the line.
local function unoffer(ticket, result, exclude, detail)
  local id, agent = ticket.agent, read('agent', ticket.agent)
  results[#results + 1] = result
  resolve(ticket, result)
  emit(result, ticket, id, nil, detail)
  if exclude then write('ticket', ticket, { excluded = with(ticket.excluded, id) }) end
  if result == 'rona' then write('agent', agent, { rona = '1' }) end
  if result == 'undelivered' then write('agent', agent, { suspect = '1' }) end
  release(ticket, result == 'undelivered')
  wait(ticket)
  lineUp(ticket)
end

-- requeue takes a call from its agent and puts it back at its own place. Kind is
-- the event.
local function requeue(ticket, kind, reason, exclude)
  local id = ticket.agent
  if exclude then write('ticket', ticket, { excluded = with(ticket.excluded, id) }) end
  dismiss(ticket, nil, reason)
  release(ticket, true)
  wait(ticket)
  emit(kind, ticket, id, nil, reason)
  lineUp(ticket)
  if ticket.lost == '1' then due('lost', ticket.id, now() + WAITING_GRACE) end
end

-- unpark takes a ticket from where due ones stay until they can begin to wait.
local function unpark(ticket)
  undue('missed', ticket.id)
  redis.call('ZREM', key('shut'), ticket.id)
  redis.call('ZREM', key('parked:' .. ticket.station), ticket.id)
end

-- begin makes a scheduled ticket wait that is due. While the centre is closed it
-- is kept in shut, while its station is away or has another in parked.
local function begin(ticket)
  local station = read('station', ticket.station)
  unpark(ticket)
  undue('due', ticket.id)
  if opening().open and station and station.conn ~= '' and station.ticket == '' then
    write('station', station, { ticket = ticket.id })
    write('ticket', ticket, { state = 'waiting', since = now(), from = now(), window = now(), home = station.node })
    emit('due', ticket)
    lineUp(ticket)
    return
  end
  due('missed', ticket.id, number(ticket.due) + MISSED)
  redis.call('ZADD', key(opening().open and 'parked:' .. ticket.station or 'shut'), ticket.score, ticket.id)
end

-- wake lets those begin whose station has come or become free.
local function wake(station)
  if not station or station.ticket ~= '' or station.conn == '' then return end
  for _, id in ipairs(redis.call('ZRANGE', key('parked:' .. station.id), 0, 99)) do
    begin(read('ticket', id))
    if station.ticket ~= '' then return end
  end
end

-- schedule keeps a ticket until it is due, and one that is due until it can begin.
local function schedule(ticket)
  if number(ticket.due) > now() then due('due', ticket.id, number(ticket.due)) else begin(ticket) end
end

-- reopen lets those begin that came due while the centre was closed, at most 100
-- in a step, and wakes the match when the hours change next.
local function reopen()
  local change = opening().next
  if opening().open then
    for _, id in ipairs(redis.call('ZRANGE', key('shut'), 0, 99)) do begin(read('ticket', id)) end
    if redis.call('EXISTS', key('shut')) == 1 then change = now() end
  end
  if change then due('hours', 'centre', change) else undue('hours', 'centre') end
end

-- vacate frees the station's seat when this ticket has it.
local function vacate(ticket)
  local station = read('station', ticket.station)
  if station and station.ticket == ticket.id then
    write('station', station, { ticket = '' })
    wake(station)
  end
end

-- shelve puts a call-back or booking whose station left back on the schedule.
local function shelve(ticket)
  for _, deadline in ipairs(DEADLINES) do undue(deadline, ticket.id) end
  write('ticket', ticket, { state = 'scheduled', since = now(), lost = '', epoch = raised(ticket.epoch) })
  file(ticket)
  emit('shelved', ticket, '', nil, 'lost')
  vacate(ticket)
  begin(ticket)
end

-- settle ends the talk: the station is free, the agent writes up.
local function settle(ticket, reason)
  undue('lost', ticket.id)
  unhold(ticket)
  dismiss(ticket, nil, reason)
  write('ticket', ticket, { state = 'wrapup', since = now(), ended = now(), reason = reason, lost = '',
    wrapends = now() + WRAPUP })
  due('wrap', ticket.id, now() + WRAPUP)
  due('hard', ticket.id, now() + WRAPUP_HARD)
  emit('ended', ticket, ticket.agent, nil, reason)
  seat(read('agent', ticket.agent))
  vacate(ticket)
end

-- inHand adds a pre-review to those that an agent has, or takes it away.
local function inHand(ticket, agent, change) write('agent', agent, { reviews = change(agent.reviews, ticket.id) }) end

-- giveBack puts a pre-review back in its line, at its own place.
local function giveBack(ticket, reason)
  local agent = read('agent', ticket.agent)
  inHand(ticket, agent, without)
  wait(ticket)
  emit('review_returned', ticket, agent.id, nil, reason)
  lineUp(ticket)
end

-- close ends a ticket for good, from any state.
local function close(ticket, kind, reason)
  local agent = ticket.agent
  local served = ticket.accepted ~= '0'
  if ticket.state == 'offered' then
    results[#results + 1] = kind
    resolve(ticket, 'withdrawn')
  end
  if ticket.state == 'scheduled' then unpark(ticket) end
  if ticket.state == 'review' then inHand(ticket, read('agent', agent), without) end
  unhold(ticket)
  dismiss(ticket, nil, reason)
  for _, deadline in ipairs(DEADLINES) do undue(deadline, ticket.id) end
  redis.call('SREM', key('open'), ticket.id)
  local ended = ticket.ended ~= '0' and ticket.ended or whole(now())
  write('ticket', ticket, { state = 'closed', since = now(), ended = ended, lost = '', agentlost = '',
    reason = ticket.reason ~= '' and ticket.reason or reason })
  file(ticket)
  due('forget', ticket.id, now() + RETENTION)
  emit(kind, ticket, agent, nil, reason)
  release(ticket, served)
  vacate(ticket)
end

-- dropAgent begins the grace of an agent whose socket closed.
local function dropAgent(agent)
  local ticket = agent.ticket ~= '' and read('ticket', agent.ticket)
  local grace = AGENT_GRACE
  socket('agent', agent, '')
  write('agent', agent, { lost = '1' })
  if ticket and ticket.third == agent.id then
    if ticket.thirdstate == 'joined' then grace = CALL_GRACE end
  elseif ticket and (ticket.state == 'connecting' or ticket.state == 'active') then
    grace = CALL_GRACE
    write('ticket', ticket, { agentlost = '1' })
    emit('agent_lost', ticket, agent.id)
  end
  due('agent', agent.id, now() + grace)
  seat(agent)
end

-- dropStation begins the grace of a station whose socket closed: its ticket keeps
-- its place and is not offered, a ringing offer is taken back without blame, a
-- call is held.
local function dropStation(station)
  local ticket = station.ticket ~= '' and read('ticket', station.ticket)
  socket('station', station, '')
  write('station', station, { left = now(), since = now() })
  if not ticket then
    emit('station', nil, '', station.id, 'offline')
    return
  end
  write('ticket', ticket, { lost = '1' })
  emit('station_lost', ticket, ticket.agent)
  local grace = CALL_GRACE
  if ticket.state == 'waiting' or ticket.state == 'offered' then grace = WAITING_GRACE end
  if ticket.state == 'offered' then
    unoffer(ticket, 'withdrawn', false, 'station_lost')
  else
    file(ticket)
  end
  due('lost', ticket.id, now() + grace)
end

