-- third_accept joins the call as third person. A repeat changes nothing.
-- Args: id, target, third epoch.
local ticket = read('ticket', arg(1))
if not ticket then return refuse('notfound') end
if ticket.third ~= arg(2) or ticket.thirdepoch ~= arg(3) then return refuse('stale') end
if ticket.thirdstate == 'offered' then
  local agent = read('agent', ticket.third)
  undue('third', ticket.id)
  write('ticket', ticket, { thirdstate = 'joined', thirdexpires = '0' })
  emit('third_joined', ticket, agent.id, nil, ticket.thirdpurpose)
  if agent.conn == '' then due('agent', agent.id, now() + CALL_GRACE) end
  seat(agent)
end
return reply(flat('ticket', ticket.id))
