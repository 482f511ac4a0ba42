-- node_beat renews a node's lease and answers 1 when it had none, or its sockets
-- have been dropped. Args: node, ms.
local fresh = not redis.call('ZSCORE', key('deadlines'), 'node:' .. arg(1))
if redis.call('SREM', key('lapsed'), arg(1)) == 1 then fresh = true end
due('node', arg(1), now() + number(arg(2)))
return reply(fresh and '1' or '0')
