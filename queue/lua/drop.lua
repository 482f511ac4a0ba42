-- drop removes a ticket that SQL has closed; an unknown one is already gone.
-- Args: id.
local ticket = read('ticket', arg(1))
if ticket and ticket.state ~= 'closed' then
  close(ticket, 'dropped', 'reconciled')
  match()
end
return reply()
