/** The audit trail as it is read: what the server writes down, in words. Pure. */

const most = 240

/** Looks up words; undefined when there are none. values fill the places of the sentence. */
export type Say = (key: string, values?: Record<string, unknown>) => string | undefined

/** What was done; imports and exports name their kind after the dot. An action without words reads as itself. */
export function actionOf(action: string, say: Say): string {
  const [family = '', kind = ''] = action.split('.')
  if (family === 'import' || family === 'export') return say(`action.${family}`, { what: say(`csv.kind.${kind}`) ?? kind }) ?? action
  return say(`action.${action.replaceAll('.', '_')}`) ?? action
}

/** Who did it: a login, a station, or the server by itself. */
export const actorOf = (actor: string, say: Say): string => (actor === 'system' ? say('audit.system') : undefined) ?? actor

function nameOf(field: string, say: Say): string {
  const day = /^weekday_(\d)$/.exec(field)
  return say(day ? `weekday.${day[1]}` : `trail.field.${field}`) ?? say(`number.${field}.name`) ?? field
}

function valueOf(field: string, value: unknown, say: Say): string {
  if (value === '') return say('trail.blank') ?? ''
  if (typeof value === 'object' && value !== null) return JSON.stringify(value)
  const raw = String(value)
  if (raw === 'true' || raw === 'false') return say(`trail.${raw}`) ?? raw
  if (field === 'role' || field === 'grid') return say(`${field}.${raw}`) ?? raw
  return say(`trail.value.${field}.${raw}`) ?? raw
}

/** A detail in one line, "Role: Agent; Seat: 2 → 3"; what has no words reads as it is written; cut. */
export function detailOf(detail: Record<string, unknown> | null | undefined, say: Say): string {
  const all = detail ?? {}
  const line = Object.entries(all)
    .filter(([field]) => !(field.endsWith('_was') && field.slice(0, -4) in all))
    .map(([field, value]) => {
      const now = valueOf(field, value, say)
      const was = all[`${field}_was`]
      const text = was === undefined || was === '' ? now : `${valueOf(field, was, say)} → ${now}`
      const name = nameOf(field, say)
      return say('trail.pair', { name, value: text }) ?? `${name} ${text}`
    })
    .join(say('trail.join') ?? ', ')
  const letters = [...line]
  return letters.length > most ? `${letters.slice(0, most).join('')}…` : line
}
