-- common.lua, and after it seat, line, third, place and match, stand in front of
-- every operation: here are keys, the clock, records, events and deadlines. An
-- operation validates everything before its first write, because a script that
-- fails half way is not rolled back.
--
-- KEYS[1] is the prefix of all keys, rw:{centre}:, so that one slot holds them.
-- ARGV: store epoch, announce flag, the ten numbers, the caller's node, then the
-- operation's own.

local SEPARATOR = '\31' -- between the items of a list; ids never contain it
local STEP_END = '\30'  -- between lists
local store = tonumber(ARGV[1])
local RING, AFFINITY = tonumber(ARGV[3]), tonumber(ARGV[4])
local WAITING_GRACE, CALL_GRACE, AGENT_GRACE = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
local WRAPUP, WRAPUP_HARD, BOOST = tonumber(ARGV[8]), tonumber(ARGV[9]), tonumber(ARGV[10])
local MAX_WAITING, REVIEWS, NODE = tonumber(ARGV[11]), tonumber(ARGV[12]), ARGV[13]
local EXTENSION, EXTENSIONS = 60000, 10
local RETENTION = 86400000 -- a closed ticket is known for a day, to answer retries
local MISSED = 604800000   -- a scheduled ticket is tried for a week after it was due
local EPOCHS = 1048576     -- epoch = store epoch * 2^20 + n

local function key(name) return KEYS[1] .. name end
local function arg(i) return ARGV[13 + i] or '' end

-- whole prints a number without an exponent: tostring differs between servers.
local function whole(n) return string.format('%.0f', n) end
local function number(s) return tonumber(s or '0') or 0 end

-- results collects how offers ended, for the counter of the node that ran this.
local results = {}

-- refuse answers with an error; because says what stood in the way.
local function refuse(code, because) return { code, because or '' } end
local function reply(...) return { 'ok', table.concat(results, ' '), ... } end

-- The fence: a node that has not heard of a rebuilt store may change nothing.
-- Only an announced epoch is written (flag 1), so that a flushed store shows 0
-- until a reconciler has been there; a reader (flag -) is not fenced.
local seen = number(redis.call('HGET', key('meta'), 'store') or '0')
if store < seen and ARGV[2] ~= '-' then return refuse('fenced') end
if ARGV[2] == '1' and store > seen then redis.call('HSET', key('meta'), 'store', whole(store)) end

-- now is the one clock, Redis TIME in ms, read once a script. The offset key is
-- set by tests only: ms to add, or '=' and the time itself. A small step back of
-- the host's clock is held still; a large one is believed, or a wrong jump
-- forward would stop all deadlines.
local clock
local function now()
  if not clock then
    local offset = redis.call('GET', key('offset')) or '0'
    if string.sub(offset, 1, 1) == '=' then
      clock = number(string.sub(offset, 2))
    else
      local time = redis.call('TIME')
      clock = number(time[1]) * 1000 + math.floor(number(time[2]) / 1000) + number(offset)
    end
    local last = number(redis.call('HGET', key('meta'), 'now') or '0')
    if clock < last and last - clock < 5000 then clock = last end
  end
  return clock
end

-- Records are hashes, read once a script: every function sees the same table. A
-- field that is not stored is '0' when it counts, else empty: most are for most of
-- a ticket's life, and a snapshot carries none of them.
local records = {}
local ZERO = { step = '0', offered = '0', shown = '0', expires = '0', accepted = '0', connected = '0', held = '0',
  holdtotal = '0', ended = '0', wrapends = '0', thirdepoch = '0', thirdshown = '0', thirdexpires = '0', extended = '0' }
local EMPTY = { __index = function(_, field) return ZERO[field] or '' end }

local function read(kind, id)
  local name = kind .. ':' .. id
  if not records[name] then
    local flat = redis.call('HGETALL', key(name))
    if #flat == 0 then return nil end
    local record = setmetatable({}, EMPTY)
    for i = 1, #flat, 2 do record[flat[i]] = flat[i + 1] end
    records[name] = record
  end
  return records[name]
end

local function write(kind, record, fields)
  local flat = {}
  for field, value in pairs(fields) do
    if type(value) == 'number' then value = whole(value) end
    record[field] = value
    flat[#flat + 1] = field
    flat[#flat + 1] = value
  end
  records[kind .. ':' .. record.id] = record
  redis.call('HSET', key(kind .. ':' .. record.id), unpack(flat))
end

-- create stores a new record without the fields that need not be.
local function create(kind, record)
  local fields = {}
  for field, value in pairs(record) do
    if value ~= (ZERO[field] or '') then fields[field] = value end
  end
  write(kind, record, fields)
end

local function flat(kind, id) return redis.call('HGETALL', key(kind .. ':' .. id)) end

local function has(list, item)
  return string.find(SEPARATOR .. list .. SEPARATOR, SEPARATOR .. item .. SEPARATOR, 1, true) ~= nil
end

local function with(list, item)
  if list == '' then return item end
  if has(list, item) then return list end
  return list .. SEPARATOR .. item
end

local function items(list) return string.gmatch(list, '[^' .. SEPARATOR .. ']+') end

local function without(list, item)
  local left = {}
  for other in items(list) do
    if other ~= item then left[#left + 1] = other end
  end
  return table.concat(left, SEPARATOR)
end

-- emit tells of a change in the same step as the change, with a version
-- without gaps.
local function emit(kind, ticket, agent, station, detail)
  local version = redis.call('HINCRBY', key('meta'), 'version', 1)
  redis.call('HSET', key('meta'), 'now', whole(now()))
  redis.call('XADD', key('events'), 'MAXLEN', '~', '10000', '*',
    'version', whole(version), 'at', whole(now()), 'kind', kind,
    'ticket', ticket and ticket.id or '', 'agent', agent or '',
    'station', station or (ticket and ticket.station) or '',
    'epoch', ticket and ticket.epoch or '0', 'detail', detail or '')
end

-- Deadlines are one sorted set that any node sweeps; at most one of a kind for
-- each ticket or agent.
local function due(kind, id, at) redis.call('ZADD', key('deadlines'), whole(at), kind .. ':' .. id) end
local function undue(kind, id) redis.call('ZREM', key('deadlines'), kind .. ':' .. id) end

-- raised is the epoch after a change of owner: above the present one, and above
-- all that was issued under an older store epoch.
local function raised(epoch)
  local old = number(epoch)
  return math.max(old + 1, store * EPOCHS + old % EPOCHS + 1)
end

