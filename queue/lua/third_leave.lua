-- third_leave ends the part of a third person, or takes its invitation back.
-- Args: id, target.
local ticket = read('ticket', arg(1))
if not ticket then return refuse('notfound') end
if ticket.third ~= '' and ticket.third == arg(2) then
  dismiss(ticket)
  match()
end
return reply(flat('ticket', ticket.id))
