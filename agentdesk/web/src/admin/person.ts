/** Rules of a person's fields, as the server has them; a field that breaks one says which. Pure. */
import type { Person } from './wire'

/** Letters, digits, dot, dash, underscore; 1–32, beginning with a letter or digit. */
export const loginPattern = /^[a-z0-9][a-z0-9._-]{0,31}$/
export const leastPassword = 10
export const mostName = 32

export type PersonField = 'login' | 'name' | 'seat' | 'password'

/** Key of the sentence for each wrong field (admin.people.wrong.*). password undefined: it is not asked for. */
export function personProblems(p: Person, password: string | undefined, taken: readonly string[]): Partial<Record<PersonField, string>> {
  const wrong: Partial<Record<PersonField, string>> = {}
  if (!loginPattern.test(p.login)) wrong.login = 'login'
  else if (taken.includes(p.login)) wrong.login = 'taken'
  if (p.name.trim() === '' || [...p.name].length > mostName) wrong.name = 'name'
  if ([...p.seat].length > mostName) wrong.seat = 'seat'
  if (password !== undefined && passwordProblem(password, p.login)) wrong.password = passwordProblem(password, p.login)
  return wrong
}

/** Key of the sentence for a weak password, '' when it will do. */
export function passwordProblem(password: string, login: string): string {
  if ([...password].length < leastPassword) return 'short'
  if (login !== '' && password.toLowerCase().includes(login.toLowerCase())) return 'is_login'
  if (new Set(password).size < 5) return 'few'
  return ''
}
