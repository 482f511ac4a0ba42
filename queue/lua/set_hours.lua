-- set_hours replaces the known openings. Args: open:close pairs in ms, blanks
-- between them.
local list = redis.call('HGET', key('meta'), 'hours') or ''
if list ~= arg(1) then
  redis.call('HSET', key('meta'), 'hours', arg(1))
  emit('hours', nil)
  reopen()
  match()
end
return reply()
