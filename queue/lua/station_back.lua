-- station_back records the socket of a station, the newest one wins, and ends
-- the grace of its ticket. Args: id, connection.
if arg(1) == '' or arg(2) == '' then return refuse('invalid') end
local station = knownStation(arg(1))
local ticket = station.ticket ~= '' and read('ticket', station.ticket)
local online = station.conn ~= ''
socket('station', station, arg(2))
write('station', station, { left = '' })
if not online then write('station', station, { since = now() }) end
if ticket and ticket.lost == '1' then
  undue('lost', ticket.id)
  write('ticket', ticket, { lost = '' })
  emit('station_back', ticket, ticket.agent)
  file(ticket)
elseif not online then
  emit('station', nil, '', station.id, 'online')
end
wake(station)
match()
return reply(flat('station', station.id))
