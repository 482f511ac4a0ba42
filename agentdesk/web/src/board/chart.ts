/** Geometry of the chart of the day: steps, not curves, since people come whole. Pure. */
import type { Minute } from '@/lib/protocol.gen'

export interface Plot {
  width: number
  height: number
  fromMS: number
  toMS: number
  top: number
}

const minuteMS = 60_000

/** Highest grid line: even, at least 4, above every count. */
export function topOf(minutes: readonly Minute[]): number {
  const most = Math.max(0, ...minutes.map((m) => Math.max(m.waiting, m.in_call)))
  return Math.max(4, 2 * Math.ceil((most + 1) / 2))
}

/** Distance of the horizontal lines: at most five of them, whole people. */
export function gridLines(top: number): number[] {
  const step = Math.max(1, Math.ceil(top / 4))
  const lines: number[] = []
  for (let v = 0; v <= top; v += step) lines.push(v)
  return lines
}

/** From when the centre opened (or the first point) to the next half hour after now. */
export function span(minutes: readonly Minute[], openMS: number, nowMS: number): { fromMS: number; toMS: number } {
  const first = minutes[0]?.at_ms ?? nowMS
  const fromMS = openMS > 0 && openMS <= first ? openMS : first
  const half = 30 * minuteMS
  return { fromMS, toMS: Math.max(fromMS + half, Math.ceil((nowMS + minuteMS) / half) * half) }
}

export const x = (p: Plot, ms: number): number => (p.width * (ms - p.fromMS)) / (p.toMS - p.fromMS)
export const y = (p: Plot, n: number): number => p.height - (p.height * n) / p.top

/** The path of one line: a level until the next minute that has another. A gap of more than two minutes is a gap. */
export function steps(minutes: readonly Minute[], pick: (m: Minute) => number, p: Plot, nowMS: number): string {
  let d = ''
  let before: Minute | undefined
  for (const m of minutes) {
    const left = x(p, m.at_ms).toFixed(1)
    const level = y(p, pick(m)).toFixed(1)
    d += before && m.at_ms - before.at_ms <= 2 * minuteMS ? `H${left}V${level}` : `M${left} ${level}`
    before = m
    const next = Math.min(m.at_ms + minuteMS, Math.max(nowMS, m.at_ms))
    d += `H${x(p, next).toFixed(1)}`
  }
  return d
}

/** The same, closed down to zero, for the fill; one shape per stretch without a gap. */
export function area(line: string, p: Plot): string {
  return line
    .split(/(?=M)/)
    .filter(Boolean)
    .map((stretch) => `${stretch}V${p.height}H${/^M([-\d.]+)/.exec(stretch)?.[1] ?? 0}Z`)
    .join('')
}

/** Marks of the time axis: half hours, hours, or two hours, so that at most eight stand. */
export function timeMarks(p: Plot): number[] {
  const half = 30 * minuteMS
  const step = [half, 2 * half, 4 * half, 8 * half].find((s) => (p.toMS - p.fromMS) / s <= 7) ?? 16 * half
  const marks: number[] = []
  for (let at = Math.ceil(p.fromMS / half) * half; at <= p.toMS; at += step) marks.push(at)
  return marks
}

/** Levels for two end labels that would cover each other: the upper goes up, the lower stays. */
export function apart(a: number, b: number, least: number): [number, number] {
  if (Math.abs(a - b) >= least) return [a, b]
  return a <= b ? [b - least, b] : [a, a - least]
}
