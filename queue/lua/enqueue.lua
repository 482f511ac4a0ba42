-- enqueue admits a ticket at the place of its arrival. The same id, or the same
-- idempotency key of the station, answers with the ticket that is stored.
-- Args: id, number, station, affinity, who, theme, matter, skills, priority,
-- arrived (0 = now), epoch, idempotency key.
local id, station, idem = arg(1), arg(3), arg(12)
if id == '' or station == '' then return refuse('invalid') end
local stored = redis.call('EXISTS', key('ticket:' .. id)) == 1 and id
if not stored and idem ~= '' then stored = redis.call('HGET', key('idem'), station .. SEPARATOR .. idem) end
if stored then return reply(flat('ticket', stored)) end
local booth = read('station', station)
if booth and booth.ticket ~= '' then return { 'busy', '', flat('ticket', booth.ticket) } end

booth = knownStation(station)
local arrived = number(arg(10))
if arrived <= 0 or arrived > now() then arrived = now() end
-- A station whose socket left since the press is not offered until it is back.
local lost = booth.conn == '' and booth.left ~= ''
local ticket = { id = id }
write('ticket', ticket, { id = id, number = arg(2), station = station, affinity = arg(4), who = arg(5), theme = arg(6),
  matter = arg(7), skills = arg(8), priority = arg(9), arrived = arrived, score = arrived - number(arg(9)) * BOOST,
  epoch = math.max(number(arg(11)), store * EPOCHS), state = 'waiting', agent = '', since = now(), offered = '0',
  shown = '0', expires = '0', accepted = '0', connected = '0', ended = '0', wrapends = '0', lost = lost and '1' or '',
  agentlost = '', excluded = '', extended = '0', reason = '', idem = idem, last = '' })
write('station', booth, { ticket = id })
redis.call('SADD', key('open'), id)
redis.call('ZADD', key('waiting'), ticket.score, id)
if idem ~= '' then redis.call('HSET', key('idem'), station .. SEPARATOR .. idem, id) end
hold(ticket)
if lost then due('lost', id, now() + WAITING_GRACE) end
emit('enqueued', ticket)
match()
return reply(flat('ticket', id))
