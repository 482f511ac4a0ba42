-- review_finish closes a pre-review. Args: id, agent, epoch.
local ticket = read('ticket', arg(1))
if not ticket then return refuse('notfound') end
if ticket.epoch ~= arg(3) or ticket.agent ~= arg(2) then return refuse('stale') end
if ticket.state == 'review' then
  close(ticket, 'finished', '')
elseif ticket.state ~= 'closed' then
  return refuse('state', ticket.state)
end
return reply()
