-- assign offers a waiting ticket to an agent that a supervisor names, out of turn
-- and whatever its skills. Args: id, agent, by, reason.
local ticket, agent = read('ticket', arg(1)), read('agent', arg(2))
if not ticket or not agent then return refuse('notfound') end
if ticket.state == 'offered' and ticket.agent == agent.id then return reply(flat('ticket', ticket.id)) end
local because = unreservable(ticket) or agent.state ~= 'ready' and agent.state
if because then return refuse('state', because) end
emit('assigned', ticket, agent.id, nil, arg(4) ~= '' and arg(3) .. ': ' .. arg(4) or arg(3))
reserve(ticket, agent, 'assigned')
return reply(flat('ticket', ticket.id))
