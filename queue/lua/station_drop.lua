-- station_drop begins the grace of a station whose socket closed. An older socket
-- changes nothing. Args: id, connection.
local station = read('station', arg(1))
if not station then return refuse('notfound') end
if station.conn == '' or station.conn ~= arg(2) then return reply() end
dropStation(station)
match()
return reply()
