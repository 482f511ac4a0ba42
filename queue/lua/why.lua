-- why answers with the explanations of a ticket's offers, the newest first.
-- Args: id.
if not read('ticket', arg(1)) then return refuse('notfound') end
return reply(redis.call('LRANGE', key('why:' .. arg(1)), 0, -1))
