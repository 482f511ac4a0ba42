-- restore puts back a ticket that SQL holds open and Redis has lost or knows in
-- an older state; the higher epoch wins, and an equal one leaves Redis alone.
-- Parties that are not connected get the grace to come back to the same call.
-- Args: those of drafted, then state, agent, accepted, connected, ended, wrap-up
-- end, reason, home, hold total, third, third state, third purpose, third epoch,
-- waiting since.
local id, station, kind, state, agent = arg(1), arg(3), arg(12), arg(17), arg(18)
if id == '' or station == '' then return refuse('invalid') end
local owned = state == 'connecting' or state == 'active' or state == 'wrapup'
local review = state == 'review'
if not owned and not review and state ~= 'waiting' and state ~= 'offered' and state ~= 'scheduled' then
  return refuse('invalid')
end
if (owned or review) and agent == '' then return refuse('invalid') end
if review ~= (kind == 'prereview' and state == 'review') or kind == 'prereview' and (owned or state == 'scheduled') or
  state == 'scheduled' and kind == 'call' then
  return refuse('invalid')
end
local ticket = read('ticket', id)
if ticket and number(ticket.epoch) >= number(arg(11)) then return reply(flat('ticket', id)) end
local fresh = drafted()
local booth = read('station', station)
local seated = kind ~= 'prereview' and state ~= 'wrapup' and state ~= 'scheduled'
if seated and booth and booth.ticket ~= '' and booth.ticket ~= id then
  if owned or not timed(fresh) then return { 'busy', '', flat('ticket', booth.ticket) } end
  state, seated = 'scheduled', false
end
local holder = owned and read('agent', agent)
if holder and holder.ticket ~= '' and holder.ticket ~= id then
  -- The agent has taken another meanwhile: a call waits again, under an epoch of
  -- its own as after any change of owner; a wrap-up is over.
  if state == 'wrapup' then return refuse('state') end
  owned, state, fresh.epoch = false, 'waiting', whole(raised(fresh.epoch))
end

local thirdepoch = number(arg(29))
if ticket then
  -- What Redis believed is undone before the truth is written.
  if ticket.state == 'offered' then
    results[#results + 1] = 'withdrawn'
    resolve(ticket, 'withdrawn')
  end
  if ticket.state == 'review' then inHand(ticket, read('agent', ticket.agent), without) end
  thirdepoch = math.max(thirdepoch, number(ticket.thirdepoch))
  dismiss(ticket, nil, 'restored')
  release(ticket, true)
  for _, deadline in ipairs(DEADLINES) do undue(deadline, id) end
  unpark(ticket)
  write('ticket', ticket, { state = 'restored' })
  file(ticket)
  fresh.idem = ticket.idem
end
booth = knownStation(station)
if not seated and booth.ticket == id then write('station', booth, { ticket = '' }) end
local away = booth.conn == ''
ticket = fresh
ticket.home = arg(24) ~= '' and arg(24) or booth.node
ticket.holdtotal, ticket.thirdepoch = arg(25), whole(thirdepoch)
if number(arg(30)) > 0 then
  ticket.from = whole(math.min(number(arg(30)), now()))
elseif timed(ticket) then
  ticket.from = whole(now())
end
ticket.window, ticket.state = ticket.from, (owned or review or state == 'scheduled') and state or 'waiting'
if owned or review then
  ticket.agent, ticket.accepted, ticket.connected, ticket.ended, ticket.reason = agent, arg(19), arg(20), arg(21), arg(23)
  ticket.epoch = whole(number(arg(11)))
end
if away and seated then ticket.lost = '1' end
redis.call('DEL', key('ticket:' .. id))
create('ticket', ticket)
redis.call('SADD', key('open'), id)
if seated then write('station', booth, { ticket = id }) end
emit('restored', ticket, ticket.agent, nil, ticket.state)
if ticket.state == 'scheduled' then
  schedule(ticket)
elseif ticket.state == 'waiting' then
  lineUp(ticket)
  if ticket.lost == '1' then due('lost', id, now() + WAITING_GRACE) end
elseif review then
  inHand(ticket, known(agent), with)
else
  holder = known(agent)
  write('agent', holder, { ticket = id })
  if state == 'wrapup' then
    local ends = number(arg(22))
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
  local third = state == 'active' and arg(27) == 'joined' and arg(26) ~= agent and read('agent', arg(26))
  if third and third.conn ~= '' and third.ticket == '' then
    write('ticket', ticket, { third = third.id, thirdstate = 'joined', thirdpurpose = arg(28),
      thirdepoch = raised(ticket.thirdepoch) })
    write('agent', third, { ticket = id })
    emit('third_joined', ticket, third.id, nil, 'restored')
    seat(third)
  end
end
wake(booth)
match()
return reply(flat('ticket', id))
