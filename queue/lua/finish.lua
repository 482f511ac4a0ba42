-- finish closes a ticket after wrap-up and frees its agent. Args: id, agent, epoch.
local ticket = read('ticket', arg(1))
if not ticket then return refuse('notfound') end
if ticket.epoch ~= arg(3) or ticket.agent ~= arg(2) then return refuse('stale') end
if ticket.state == 'wrapup' then
  close(ticket, 'finished', '')
  match()
elseif ticket.state ~= 'closed' then
  return refuse('state')
end
return reply()
