-- line.lua: who waits in which line, what is needed by now, and opening hours.

-- opening says whether the centre is open and when that changes next (nil:
-- never), out of what set_hours wrote.
local openings
local function opening()
  if not openings then
    local list = redis.call('HGET', key('meta'), 'hours') or ''
    openings = { open = list == '' }
    for from, to in string.gmatch(list, '(%d+):(%d+)') do
      from, to = number(from), number(to)
      if now() < from then
        openings.next = from
        break
      elseif now() < to then
        openings.open, openings.next = true, to
        break
      end
    end
  end
  return openings
end

-- timed tickets are due at a time of their own, and wait for opening hours.
local function timed(ticket) return ticket.kind == 'callback' or ticket.kind == 'booking' end

-- file puts a ticket where its state says that it belongs, and is the only writer
-- of waiting, reviews and the lines. Match looks into the lines alone: one for
-- each set of needed skills, so that it reads no ticket that no idle agent could
-- take. A ticket whose station is lost is in none.
local function file(ticket)
  local waits, line = ticket.state == 'waiting', ''
  if ticket.kind == 'prereview' then
    if waits then
      redis.call('ZADD', key('reviews'), ticket.score, ticket.id)
    else
      redis.call('ZREM', key('reviews'), ticket.id)
    end
    return
  end
  if waits then
    redis.call('ZADD', key('waiting'), ticket.score, ticket.id)
    if ticket.lost ~= '1' then line = (timed(ticket) and 'timed:' or 'call:') .. ticket.need end
  else
    redis.call('ZREM', key('waiting'), ticket.id)
  end
  if ticket.line ~= '' and ticket.line ~= line then
    redis.call('ZREM', key('line:' .. ticket.line), ticket.id)
    if redis.call('EXISTS', key('line:' .. ticket.line)) == 0 then redis.call('ZREM', key('lines'), ticket.line) end
  end
  if line ~= '' then
    redis.call('ZADD', key('line:' .. line), ticket.score, ticket.id)
    redis.call('ZADD', key('lines'), 0, line)
  end
  if ticket.line ~= line then write('ticket', ticket, { line = line }) end
end

-- widen brings what a waiting ticket needs up to the time that it has waited, and
-- wakes the match at the next step.
local function widen(ticket)
  local i, step, need, at = 0, number(ticket.step), ticket.need, nil
  for after, skills in string.gmatch(ticket.widen, '(%d+)' .. SEPARATOR .. '([^' .. STEP_END .. ']*)') do
    i = i + 1
    local from = number(ticket.from) + number(after)
    if i > step and from <= now() then
      step, need = i, skills
    elseif i > step and not at then
      at = from
    end
  end
  if step ~= number(ticket.step) then
    write('ticket', ticket, { step = step, need = need })
    emit('widened', ticket, '', nil, whole(step))
  end
  if at then due('widen', ticket.id, at) else undue('widen', ticket.id) end
end

-- held says that a ticket waits for its own agents alone. They may be away: see
-- choose.
local function held(ticket)
  return (ticket.affinity ~= '' or ticket.backup ~= '') and now() < number(ticket.window) + AFFINITY
end

-- lineUp is the last step of everything that makes a ticket wait: hold and widen
-- wake the match when others may take it.
local function lineUp(ticket)
  if ticket.kind ~= 'prereview' then
    widen(ticket)
    if held(ticket) then due('hold', ticket.id, number(ticket.window) + AFFINITY) else undue('hold', ticket.id) end
  end
  file(ticket)
end

-- drafted is the record of a ticket that waits, out of the arguments with which
-- enqueue and restore begin: id, number, station, affinity, who, theme, matter,
-- skills, priority, arrived (0 = now), epoch, kind, matters, backup, due, widen.
local function drafted()
  local arrived = number(arg(10))
  if arrived <= 0 or arrived > now() then arrived = now() end
  return setmetatable({ id = arg(1), number = arg(2), station = arg(3), affinity = arg(4), who = arg(5), theme = arg(6),
    matter = arg(7), skills = arg(8), priority = arg(9), arrived = whole(arrived),
    score = whole(arrived - number(arg(9)) * BOOST), epoch = whole(math.max(number(arg(11)), store * EPOCHS)),
    kind = arg(12), matters = arg(13), backup = arg(14), due = arg(15), widen = arg(16), need = arg(8),
    from = whole(arrived), window = whole(arrived), state = 'waiting', since = whole(now()) }, EMPTY)
end

