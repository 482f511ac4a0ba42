-- revise changes what a ticket is about; its place never changes. Empty fields
-- stay; skills and widening steps are replaced when the flag before them is 1,
-- matters with the matter.
-- Args: id, who, theme, matter, flag, skills, matters, widening steps.
local ticket = read('ticket', arg(1))
if not ticket then return refuse('notfound') end
if ticket.state == 'closed' then return refuse('state') end
local fields, changed = {}, false
local function change(name, value)
  if ticket[name] ~= value then fields[name], changed = value, true end
end
for i, name in ipairs({ 'who', 'theme', 'matter' }) do
  if arg(i + 1) ~= '' then change(name, arg(i + 1)) end
end
if arg(4) ~= '' then change('matters', arg(7)) end
if arg(5) == '1' then
  change('skills', arg(6))
  change('widen', arg(8))
  if fields.skills or fields.widen then fields.need, fields.step = arg(6), '0' end
end
if changed then
  write('ticket', ticket, fields)
  emit('revised', ticket, ticket.agent)
  if ticket.state == 'waiting' then lineUp(ticket) end
  match()
end
return reply(flat('ticket', ticket.id))
