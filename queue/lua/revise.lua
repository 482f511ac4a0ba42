-- revise changes what a ticket is about; its place never changes. Empty fields
-- stay; skills are replaced when the flag before them is 1.
-- Args: id, who, theme, matter, flag, skills.
local ticket = read('ticket', arg(1))
if not ticket then return refuse('notfound') end
if ticket.state == 'closed' then return refuse('state') end
local fields, changed = {}, false
for i, name in ipairs({ 'who', 'theme', 'matter' }) do
  if arg(i + 1) ~= '' and ticket[name] ~= arg(i + 1) then fields[name], changed = arg(i + 1), true end
end
if arg(5) == '1' and ticket.skills ~= arg(6) then fields.skills, changed = arg(6), true end
if changed then
  write('ticket', ticket, fields)
  emit('revised', ticket, ticket.agent)
  match()
end
return reply(flat('ticket', ticket.id))
