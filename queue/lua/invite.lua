-- invite rings at a third person. Args: id, agent, epoch, target, purpose.
local ticket, target = read('ticket', arg(1)), read('agent', arg(4))
if not ticket or not target then return refuse('notfound') end
if ticket.epoch ~= arg(3) or ticket.agent ~= arg(2) then return refuse('stale') end
if ticket.state ~= 'connecting' and ticket.state ~= 'active' then return refuse('state', ticket.state) end
if ticket.third == target.id and ticket.thirdpurpose == arg(5) then return reply(flat('ticket', ticket.id)) end
if ticket.third ~= '' then return refuse('state', 'third') end
if target.state ~= 'ready' then return refuse('state', target.state) end
write('ticket', ticket, { third = target.id, thirdstate = 'offered', thirdpurpose = arg(5),
  thirdepoch = raised(ticket.thirdepoch), thirdshown = '0', thirdexpires = now() + RING })
due('third', ticket.id, now() + RING)
write('agent', target, { ticket = ticket.id })
emit('invited', ticket, target.id, nil, arg(5))
seat(target)
return reply(flat('ticket', ticket.id))
