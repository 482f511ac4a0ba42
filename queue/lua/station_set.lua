-- station_set records what a station reports of itself. Args: id, faults, help
-- ('1', '' or 'keep').
if arg(1) == '' then return refuse('invalid') end
local station = knownStation(arg(1))
local help = arg(3)
if help == 'keep' then help = station.help end
if station.faults ~= arg(2) or station.help ~= help then
  write('station', station, { faults = arg(2), help = help })
  emit('station', nil, '', station.id, help == '1' and 'help' or 'faults')
end
return reply()
