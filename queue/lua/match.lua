-- match.lua: who is given to whom, and why.
--
-- A match reads the idle agents, the names of the lines that are not empty, and of
-- those that an idle agent can serve the tickets in order, until the agents are
-- used up. What it reads and does not give away is held for its own agent or
-- excluded, so its cost hardly grows with the number of those who wait.

local PAGE = 10 -- tickets read from a line at once
local WHY_AGENTS, WHY_AHEAD, WHY_KEPT = 32, 20, 20

-- passed says why an agent was not asked, or nil: it could have been.
local function passed(agent, ticket)
  if not able(agent, ticket.need) then return 'skills' end
  if agent.state ~= 'ready' then return agent.state end
  if has(ticket.excluded, agent.id) then return 'excluded' end
  return nil
end

-- left says why a ticket that stands before was not given to the agent, or nil.
local function left(ticket, agent)
  if timed(ticket) and not opening().open then return 'hours' end
  if ticket.lost == '1' then return 'lost' end
  if not able(agent, ticket.need) then return 'skills' end
  if has(ticket.excluded, agent.id) then return 'excluded' end
  if held(ticket) and ticket.affinity ~= agent.id then return 'held' end
  return nil
end

-- explain stores why this agent gets this ticket now; see Why in why.go for the
-- words. It is called before anything changes.
local function explain(ticket, agent, rule, epoch)
  local agents, listed = {}, { [agent.id] = true }
  local could = rule == 'longest_idle' and 'idle_later' or 'not_asked'
  local function add(id)
    local other = not listed[id] and #agents < 2 * WHY_AGENTS and read('agent', id)
    if not other then return end
    listed[id] = true
    agents[#agents + 1] = id
    agents[#agents + 1] = passed(other, ticket) or could
  end
  if ticket.affinity ~= '' then add(ticket.affinity) end
  if ticket.backup ~= '' then add(ticket.backup) end
  for _, id in ipairs(redis.call('ZRANGE', key('idle'), 0, WHY_AGENTS)) do add(id) end
  for _, id in ipairs(redis.call('ZRANGE', key('staff'), 0, 2 * WHY_AGENTS)) do add(id) end
  local ahead, count = {}, redis.call('ZRANK', key('waiting'), ticket.id) or 0
  if count > 0 then
    for _, id in ipairs(redis.call('ZRANGE', key('waiting'), 0, math.min(count, WHY_AHEAD) - 1)) do
      ahead[#ahead + 1] = id
      ahead[#ahead + 1] = left(read('ticket', id), agent) or rule
    end
  end
  redis.call('LPUSH', key('why:' .. ticket.id), table.concat({ '', epoch, whole(now()), agent.id, rule,
    whole(math.max(0, now() - number(ticket.from))), ticket.need, ticket.step, table.concat(agents, SEPARATOR),
    table.concat(ahead, SEPARATOR), whole(count) }, STEP_END))
  redis.call('LTRIM', key('why:' .. ticket.id), 0, WHY_KEPT - 1)
end

local function reserve(ticket, agent, rule)
  local epoch = whole(raised(ticket.epoch))
  explain(ticket, agent, rule, epoch)
  undue('hold', ticket.id)
  undue('widen', ticket.id)
  write('ticket', ticket, { state = 'offered', agent = agent.id, epoch = epoch, since = now(), offered = now(),
    shown = '0', expires = now() + RING })
  file(ticket)
  due('ring', ticket.id, now() + RING)
  write('agent', agent, { ticket = ticket.id })
  emit('offered', ticket, agent.id, nil, rule)
  seat(agent)
end

-- unreservable says why a ticket cannot be offered out of turn, or nil.
local function unreservable(ticket)
  if ticket.state ~= 'waiting' or ticket.kind == 'prereview' then return ticket.state end
  if ticket.lost == '1' then return 'lost' end
  if timed(ticket) and not opening().open then return 'hours' end
  return nil
end

-- spent says that everyone who could serve the ticket, now or after a call, has
-- been excluded.
local function spent(ticket)
  if ticket.excluded == '' then return false end
  for _, id in ipairs(redis.call('ZRANGE', key('staff'), 0, -1)) do
    local agent = read('agent', id)
    if usable(agent) and able(agent, ticket.need) and not has(ticket.excluded, id) then return false end
  end
  return true
end

-- choose returns the agent for a waiting ticket out of the idle ids, longest
-- idle first, and the rule; or nil: nobody can, or it is held for an agent of its
-- own who can take it after what it does now. The back-up owner counts while the
-- owner cannot be had, and goes before others when the window is over.
local function choose(ticket, idle)
  if spent(ticket) then write('ticket', ticket, { excluded = '' }) end
  for _, rule in ipairs({ 'affinity', 'backup' }) do
    local own = ticket[rule] ~= '' and read('agent', ticket[rule])
    if own and usable(own) and able(own, ticket.need) and not has(ticket.excluded, own.id) then
      if own.state == 'ready' then
        return own, rule == 'backup' and 'backup' or ticket.transferred == '1' and 'transferred' or 'own'
      end
      if held(ticket) then return nil end
    end
  end
  for _, id in ipairs(idle) do
    local agent = read('agent', id)
    if agent.state == 'ready' and able(agent, ticket.need) and not has(ticket.excluded, id) then
      return agent, 'longest_idle'
    end
  end
  return nil
end

-- servable says that an idle agent has the skills that a line needs.
local function servable(need, idle)
  for _, id in ipairs(idle) do
    local agent = read('agent', id)
    if agent.state == 'ready' and able(agent, need) then return true end
  end
  return false
end

-- head returns the next ticket of a line and its score, or nil at its end. Those
-- that were read and not given away stay in the line, so they count as its start.
local function head(line)
  if line.at > #line.page then
    line.page, line.at = redis.call('ZRANGE', line.key, line.kept, line.kept + PAGE - 1, 'WITHSCORES'), 1
  end
  return line.page[line.at], tonumber(line.page[line.at + 1])
end

-- match pairs the waiting with the idle, in order, until one side is used up. A
-- ticket that nobody can take does not block those behind it.
local function match()
  local names = redis.call('ZRANGE', key('lines'), 0, -1)
  if #names == 0 then return end
  local idle = redis.call('ZRANGE', key('idle'), 0, -1)
  local spare, lines = #idle, {}
  if spare == 0 then return end
  for _, name in ipairs(names) do
    local kind, need = string.match(name, '^(%a+):(.*)$')
    if kind == 'call' or opening().open then
      lines[#lines + 1] = { key = key('line:' .. name), need = need, page = {}, at = 1, kept = 0, open = servable(need, idle) }
    end
  end
  while spare > 0 do
    local first, id, score
    for _, line in ipairs(lines) do
      if line.open then
        local candidate, at = head(line)
        if not candidate then
          line.open = false
        elseif not id or at < score or at == score and candidate < id then
          first, id, score = line, candidate, at
        end
      end
    end
    if not first then return end
    first.at = first.at + 2
    local ticket = read('ticket', id)
    local agent, rule = choose(ticket, idle)
    if agent then
      reserve(ticket, agent, rule)
      spare = spare - 1
      for _, line in ipairs(lines) do line.open = line.open and servable(line.need, idle) end
    else
      first.kept = first.kept + 1
    end
  end
end
