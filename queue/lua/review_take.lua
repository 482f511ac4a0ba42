-- review_take gives a waiting pre-review to an agent. Args: id, agent.
local ticket, agent = read('ticket', arg(1)), read('agent', arg(2))
if not ticket or not agent then return refuse('notfound') end
if ticket.state == 'review' and ticket.agent == agent.id then return reply(flat('ticket', ticket.id)) end
if ticket.kind ~= 'prereview' or ticket.state ~= 'waiting' then return refuse('state', ticket.state) end
if agent.conn == '' or agent.presence == 'offline' then return refuse('state', agent.state) end
local count = 0
for _ in items(agent.reviews) do count = count + 1 end
if count >= REVIEWS then return refuse('state', 'reviews') end
write('ticket', ticket, { state = 'review', agent = agent.id, epoch = raised(ticket.epoch), since = now(),
  accepted = now() })
file(ticket)
inHand(ticket, agent, with)
emit('review_taken', ticket, agent.id)
return reply(flat('ticket', ticket.id))
