-- pull offers a waiting ticket to the agent who asks for it. Args: id, agent.
local ticket, agent = read('ticket', arg(1)), read('agent', arg(2))
if not ticket or not agent then return refuse('notfound') end
if ticket.state == 'offered' and ticket.agent == agent.id then return reply(flat('ticket', ticket.id)) end
local because = unreservable(ticket) or agent.state ~= 'ready' and agent.state
if not because and not able(agent, ticket.need) then because = 'skills' end
if because then return refuse('state', because) end
reserve(ticket, agent, 'pulled')
return reply(flat('ticket', ticket.id))
