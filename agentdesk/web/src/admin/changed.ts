/** When another administrator was faster: what stands now, beside what is written here. Pure. */

/** What a form holds, by what its fields are called, in words. */
export type Words = Record<string, string>

export interface Difference {
  label: string
  /** as it stands now */
  now: string
  /** as it is written here; undefined: not touched here */
  mine?: string
}

/** The fields that are not here as they are there; seen is what both began from. */
export function differences(seen: Words, mine: Words, now: Words): Difference[] {
  return [...new Set([...Object.keys(now), ...Object.keys(mine)])]
    .filter((label) => (now[label] ?? '') !== (mine[label] ?? ''))
    .map((label) => ({ label, now: now[label] ?? '', mine: (mine[label] ?? '') === (seen[label] ?? '') ? undefined : (mine[label] ?? '') }))
}

/** What stands now with what was changed here: a field that was not touched follows the other. */
export function merged<T extends object>(seen: T, mine: T, now: T): T {
  const result: Record<string, unknown> = {}
  for (const key of new Set([...Object.keys(now), ...Object.keys(mine), ...Object.keys(seen)]) as Set<keyof T & string>) {
    const value = JSON.stringify(mine[key]) === JSON.stringify(seen[key]) ? now[key] : mine[key]
    if (value !== undefined) result[key] = value
  }
  return result as T
}
