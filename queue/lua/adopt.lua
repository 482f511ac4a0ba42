-- adopt makes a node the home of a ticket; of a running call it raises the epoch,
-- which fences out the home before. Args: id, node, epoch.
local ticket = read('ticket', arg(1))
if not ticket then return refuse('notfound') end
if ticket.state == 'closed' then return refuse('state', 'closed') end
if ticket.home ~= arg(2) then
  if ticket.state == 'connecting' or ticket.state == 'active' then
    if ticket.epoch ~= arg(3) then return refuse('stale') end
    write('ticket', ticket, { epoch = raised(ticket.epoch) })
  end
  write('ticket', ticket, { home = arg(2) })
  emit('adopted', ticket, ticket.agent, nil, arg(2))
end
return reply(flat('ticket', ticket.id))
