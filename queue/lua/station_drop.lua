-- station_drop begins the grace of a station whose socket closed: its ticket
-- keeps its place and is not offered, a ringing offer is taken back without
-- blame, a call is held. An older socket changes nothing. Args: id, connection.
local station = read('station', arg(1))
if not station then return refuse('notfound') end
if station.conn == '' or station.conn ~= arg(2) then return reply() end
local ticket = station.ticket ~= '' and read('ticket', station.ticket)
write('station', station, { conn = '', left = now(), since = now() })
if not ticket then
  emit('station', nil, '', station.id, 'offline')
  return reply()
end
write('ticket', ticket, { lost = '1' })
emit('station_lost', ticket, ticket.agent)
local grace = CALL_GRACE
if ticket.state == 'waiting' or ticket.state == 'offered' then grace = WAITING_GRACE end
if ticket.state == 'offered' then unoffer(ticket, 'withdrawn', false, 'station_lost') end
due('lost', ticket.id, now() + grace)
match()
return reply()
