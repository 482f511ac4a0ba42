-- snapshot answers with everything that is open, as of one version: the waiting
-- in match order, then the other open tickets, agents and stations.
local tickets, agents, stations = {}, {}, {}
local listed = {}
for _, id in ipairs(redis.call('ZRANGE', key('waiting'), 0, -1)) do
  listed[id] = true
  tickets[#tickets + 1] = flat('ticket', id)
end
for _, id in ipairs(redis.call('SMEMBERS', key('open'))) do
  if not listed[id] then tickets[#tickets + 1] = flat('ticket', id) end
end
for _, id in ipairs(redis.call('SMEMBERS', key('agents'))) do agents[#agents + 1] = flat('agent', id) end
for _, id in ipairs(redis.call('SMEMBERS', key('stations'))) do stations[#stations + 1] = flat('station', id) end
return reply(redis.call('HGET', key('meta'), 'version') or '0', whole(now()), whole(seen), tickets, agents, stations,
  redis.call('HGET', key('meta'), 'hours') or '')
