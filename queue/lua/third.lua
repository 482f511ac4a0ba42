-- third.lua: the third person of a call, and holds.

-- unhold ends a hold and counts it.
local function unhold(ticket)
  local since = number(ticket.held)
  if since > 0 then
    write('ticket', ticket, { held = '0', holdtotal = number(ticket.holdtotal) + math.max(0, now() - since) })
  end
end

local NOBODY = { third = '', thirdstate = '', thirdpurpose = '', thirdshown = '0', thirdexpires = '0' }

-- dismiss ends the part of the third person, if there is one. Kind is the event,
-- by default as it stands: third_left or third_withdrawn. After third_rona the
-- agent presses to return; after third_undelivered it stays ready.
local function dismiss(ticket, kind, detail)
  local agent = ticket.third ~= '' and read('agent', ticket.third)
  if not agent then return end
  local joined = ticket.thirdstate == 'joined'
  undue('third', ticket.id)
  emit(kind or (joined and 'third_left' or 'third_withdrawn'), ticket, agent.id, nil, detail)
  write('ticket', ticket, NOBODY)
  if kind == 'third_rona' then write('agent', agent, { rona = '1' }) end
  if kind == 'third_undelivered' then write('agent', agent, { suspect = '1' }) end
  free(agent, joined or kind == 'third_undelivered')
end

-- handOver makes the third person the owner and frees the agent.
local function handOver(ticket)
  local old, new = read('agent', ticket.agent), read('agent', ticket.third)
  unhold(ticket)
  write('ticket', ticket, NOBODY)
  write('ticket', ticket, { agent = new.id, epoch = raised(ticket.epoch), agentlost = '' })
  emit('handed_over', ticket, new.id, nil, old.id)
  free(old, true)
  seat(new)
end

