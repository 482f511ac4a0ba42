-- restore puts back a ticket that SQL holds open and Redis has lost or knows in
-- an older state; the higher epoch wins, and an equal one leaves Redis alone.
-- Parties that are not connected get the grace to come back to the same call.
-- Args: id, number, station, affinity, who, theme, matter, skills, priority,
-- arrived, epoch, state, agent, accepted, connected, ended, wrap-up end, reason.
local id, station, state, agent = arg(1), arg(3), arg(12), arg(13)
if id == '' or station == '' then return refuse('invalid') end
local owned = state == 'connecting' or state == 'active' or state == 'wrapup'
if not owned and state ~= 'waiting' and state ~= 'offered' then return refuse('invalid') end
if owned and agent == '' then return refuse('invalid') end
local ticket = read('ticket', id)
if ticket and number(ticket.epoch) >= number(arg(11)) then return reply(flat('ticket', id)) end
local booth = read('station', station)
if state ~= 'wrapup' and booth and booth.ticket ~= '' and booth.ticket ~= id then
  return { 'busy', '', flat('ticket', booth.ticket) }
end
local holder = owned and read('agent', agent)
if holder and holder.ticket ~= '' and holder.ticket ~= id then
  -- The agent has taken another meanwhile: a call waits again, a wrap-up is over.
  if state == 'wrapup' then return refuse('state') end
  owned, state = false, 'waiting'
end

if ticket then
  -- What Redis believed is undone before the truth is written.
  if ticket.state == 'offered' then results[#results + 1] = 'withdrawn' end
  release(ticket, true)
  for _, deadline in ipairs({ 'ring', 'hold', 'lost', 'wrap', 'hard', 'forget' }) do undue(deadline, id) end
  redis.call('ZREM', key('waiting'), id)
end
booth = knownStation(station)
local arrived = number(arg(10))
if arrived <= 0 or arrived > now() then arrived = now() end
local away, idem = booth.conn == '', ticket and ticket.idem or ''
ticket = { id = id }
write('ticket', ticket, { id = id, number = arg(2), station = station, affinity = arg(4), who = arg(5), theme = arg(6),
  matter = arg(7), skills = arg(8), priority = arg(9), arrived = arrived, score = arrived - number(arg(9)) * BOOST,
  epoch = math.max(number(arg(11)), owned and 0 or store * EPOCHS), state = owned and state or 'waiting',
  agent = owned and agent or '', since = now(), offered = '0', shown = '0', expires = '0',
  accepted = owned and arg(14) or '0', connected = owned and arg(15) or '0', ended = owned and arg(16) or '0',
  wrapends = '0', lost = (away and state ~= 'wrapup') and '1' or '', agentlost = '', excluded = '', extended = '0',
  reason = owned and arg(18) or '', idem = idem, last = '' })
redis.call('SADD', key('open'), id)
if state == 'wrapup' then
  if booth.ticket == id then write('station', booth, { ticket = '' }) end
else
  write('station', booth, { ticket = id })
end
emit('restored', ticket, ticket.agent, nil, ticket.state)
if not owned then
  redis.call('ZADD', key('waiting'), ticket.score, id)
  hold(ticket)
  if away then due('lost', id, now() + WAITING_GRACE) end
else
  holder = known(agent)
  write('agent', holder, { ticket = id })
  if state == 'wrapup' then
    local ends = number(arg(17))
    if ends <= now() then ends = now() + WRAPUP end
    write('ticket', ticket, { wrapends = ends })
    due('wrap', id, ends)
    due('hard', id, now() + WRAPUP_HARD)
  elseif away then
    due('lost', id, now() + CALL_GRACE)
  end
  if holder.conn == '' then
    if state ~= 'wrapup' then write('ticket', ticket, { agentlost = '1' }) end
    write('agent', holder, { lost = '1' })
    due('agent', agent, now() + (state == 'wrapup' and AGENT_GRACE or CALL_GRACE))
  end
  seat(holder)
end
match()
return reply(flat('ticket', id))
