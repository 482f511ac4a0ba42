-- tick acts on due deadlines, at most 100, and answers with the ms until the
-- next one (-1: none). Each is checked against the record, so that any node may
-- run it at any time, twice or late.
local expired = {}

-- ring: the offer was not taken. It counts against the agent only when the desk
-- had drawn it and was connected; otherwise the delivery failed.
function expired.ring(ticket)
  if ticket.state ~= 'offered' or number(ticket.expires) > now() then return end
  local agent = read('agent', ticket.agent)
  if ticket.shown ~= '0' and agent.conn ~= '' then
    unoffer(ticket, 'rona', false, '')
  else
    unoffer(ticket, 'undelivered', true, '')
  end
end

-- hold: the affinity window is over; the match below sees it.
function expired.hold() end

function expired.widen(ticket)
  if ticket.state == 'waiting' then lineUp(ticket) end
end

-- due: a call-back or booking may begin to wait.
function expired.due(ticket)
  if ticket.state == 'scheduled' then schedule(ticket) end
end

-- missed: its station never came.
function expired.missed(ticket)
  if ticket.state == 'scheduled' then close(ticket, 'abandoned', 'missed') end
end

-- third: the invitation was not taken; it counts like an offer.
function expired.third(ticket)
  if ticket.thirdstate ~= 'offered' or number(ticket.thirdexpires) > now() then return end
  local seen = ticket.thirdshown ~= '0' and read('agent', ticket.third).conn ~= ''
  dismiss(ticket, seen and 'third_rona' or 'third_undelivered', '')
end

-- lost: the station did not come back.
function expired.lost(ticket)
  if ticket.lost ~= '1' then return end
  if ticket.state == 'waiting' and timed(ticket) then
    shelve(ticket)
  elseif ticket.state == 'waiting' then
    close(ticket, 'abandoned', 'lost')
  elseif ticket.state == 'connecting' or ticket.state == 'active' then
    settle(ticket, 'lost')
  end
end

-- wrap: nobody is offered to an agent who is still writing; the page is kept.
function expired.wrap(ticket)
  if ticket.state ~= 'wrapup' or number(ticket.wrapends) > now() then return end
  local agent = read('agent', ticket.agent)
  if agent.presence == 'available' then
    write('agent', agent, { presence = 'away', reason = 'wrapup_over' })
  end
  emit('wrapup_over', ticket, ticket.agent)
  seat(agent)
end

function expired.hard(ticket)
  if ticket.state == 'wrapup' then close(ticket, 'unfinished', 'unfinished') end
end

function expired.forget(ticket)
  if ticket.state ~= 'closed' then return end
  if ticket.idem ~= '' then redis.call('HDEL', key('idem'), ticket.station .. SEPARATOR .. ticket.idem) end
  redis.call('DEL', key('ticket:' .. ticket.id), key('why:' .. ticket.id))
  records['ticket:' .. ticket.id] = nil
end

-- gone: the agent did not come back. A call goes to another, with its context.
local function gone(agent)
  if agent.lost ~= '1' then return end
  local ticket = agent.ticket ~= '' and read('ticket', agent.ticket)
  write('agent', agent, { lost = '', presence = 'offline', reason = '', rona = '' })
  seat(agent)
  for id in items(agent.reviews) do giveBack(read('ticket', id), 'agent_lost') end
  if not ticket then return end
  if ticket.third == agent.id then
    dismiss(ticket, ticket.thirdstate == 'offered' and 'third_undelivered' or nil, 'agent_lost')
  elseif ticket.state == 'offered' then
    unoffer(ticket, 'undelivered', true, '')
  elseif ticket.state == 'connecting' or ticket.state == 'active' then
    -- A third person who is there goes on; nobody else knows the call as well.
    if ticket.thirdstate == 'joined' and read('agent', ticket.third).conn ~= '' then
      handOver(ticket)
    else
      requeue(ticket, 'requeued', 'agent_lost', false)
    end
  end
end

-- node: a node is silent. What it had announced is dropped, a part in each step.
local function silent(node)
  if redis.call('SADD', key('lapsed'), node) == 1 then emit('node_lost', nil, '', '', node) end
  local members = redis.call('ZRANGE', key('sockets:' .. node), 0, 99)
  for _, member in ipairs(members) do
    local kind, id = string.match(member, '^(%a+):(.*)$')
    local record = read(kind, id)
    if kind == 'agent' then dropAgent(record) else dropStation(record) end
  end
  if #members == 100 then due('node', node, now()) end
end

for _, member in ipairs(redis.call('ZRANGEBYSCORE', key('deadlines'), '-inf', whole(now()), 'LIMIT', 0, 100)) do
  local kind, id = string.match(member, '^(%a+):(.*)$')
  redis.call('ZREM', key('deadlines'), member)
  local record = kind ~= 'node' and kind ~= 'hours' and read(kind == 'agent' and 'agent' or 'ticket', id)
  if kind == 'node' then
    silent(id)
  elseif record and kind == 'agent' then
    gone(record)
  elseif record and expired[kind] then
    expired[kind](record)
  end
end
reopen()
match()
local first = redis.call('ZRANGE', key('deadlines'), 0, 0, 'WITHSCORES')
if #first == 0 then return reply('-1') end
return reply(whole(math.max(0, number(first[2]) - now())))
