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

-- lost: the station did not come back.
function expired.lost(ticket)
  if ticket.lost ~= '1' then return end
  if ticket.state == 'waiting' then
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
  redis.call('DEL', key('ticket:' .. ticket.id))
  records['ticket:' .. ticket.id] = nil
end

-- gone: the agent did not come back. A call goes to another, with its context.
local function gone(agent)
  if agent.lost ~= '1' then return end
  local ticket = agent.ticket ~= '' and read('ticket', agent.ticket)
  write('agent', agent, { lost = '', presence = 'offline', reason = '', rona = '' })
  seat(agent)
  if not ticket then return end
  if ticket.state == 'offered' then
    unoffer(ticket, 'undelivered', true, '')
  elseif ticket.state == 'connecting' or ticket.state == 'active' then
    requeue(ticket, 'agent_lost', false)
  end
end

for _, member in ipairs(redis.call('ZRANGEBYSCORE', key('deadlines'), '-inf', whole(now()), 'LIMIT', 0, 100)) do
  local kind, id = string.match(member, '^(%a+):(.*)$')
  redis.call('ZREM', key('deadlines'), member)
  local record = read(kind == 'agent' and 'agent' or 'ticket', id)
  if record and kind == 'agent' then
    gone(record)
  elseif record and expired[kind] then
    expired[kind](record)
  end
end
match()
local first = redis.call('ZRANGE', key('deadlines'), 0, 0, 'WITHSCORES')
if #first == 0 then return reply('-1') end
return reply(whole(math.max(0, number(first[2]) - now())))
