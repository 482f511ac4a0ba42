-- enqueue admits a ticket at the place of its arrival. The same id, or the same
-- idempotency key of the station, answers with the ticket that is stored.
-- Args: those of drafted, then the idempotency key.
local id, station, kind, idem = arg(1), arg(3), arg(12), arg(17)
if id == '' or station == '' then return refuse('invalid') end
local stored = redis.call('EXISTS', key('ticket:' .. id)) == 1 and id
if not stored and idem ~= '' then stored = redis.call('HGET', key('idem'), station .. SEPARATOR .. idem) end
if stored then return reply(flat('ticket', stored)) end
local booth, ticket = read('station', station), drafted()
-- A station whose socket left since the press is not offered until it is back.
local lost = kind == 'call' and booth and booth.conn == '' and booth.left ~= ''
if kind == 'call' then
  if booth and booth.ticket ~= '' then return { 'busy', '', flat('ticket', booth.ticket) } end
  if not opening().open then return refuse('closed') end
  -- One whom an idle agent takes at once does not wait.
  if MAX_WAITING > 0 and redis.call('ZCARD', key('waiting')) >= MAX_WAITING and
    (lost or not choose(ticket, redis.call('ZRANGE', key('idle'), 0, -1))) then
    return refuse('full')
  end
end

booth = knownStation(station)
ticket.idem = idem
ticket.home = booth.node ~= '' and booth.node or NODE
if timed(ticket) then ticket.state = 'scheduled' end
if lost then ticket.lost = '1' end
create('ticket', ticket)
redis.call('SADD', key('open'), id)
if idem ~= '' then redis.call('HSET', key('idem'), station .. SEPARATOR .. idem, id) end
emit('enqueued', ticket, '', nil, timed(ticket) and 'scheduled' or '')
if timed(ticket) then
  schedule(ticket)
else
  if kind == 'call' then write('station', booth, { ticket = id }) end
  lineUp(ticket)
  if ticket.lost == '1' then due('lost', id, now() + WAITING_GRACE) end
end
match()
return reply(flat('ticket', id))
