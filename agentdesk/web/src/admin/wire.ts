/** What the administration's routes carry (agentdesk, face "admin"). Times are unix ms; clock times are "08:30" in the centre's zone. */
import type { Role } from '@/lib/protocol.gen'

/** Roles a person may have; stations are no people. */
export const staffRoles = ['agent', 'supervisor', 'specialist', 'helper', 'admin'] as const satisfies readonly Role[]
export type StaffRole = (typeof staffRoles)[number]

/** What a GET told, with the version by which a PUT says what its author saw. */
export type Seen<T> = T & { version: string }

export interface Person {
  login: string
  name: string
  role: StaffRole
  seat: string
  /** families of matters */
  skills: string[]
  /** 包联, read only here: the affinity section changes it */
  stations: string[]
  disabled: boolean
  created_ms: number
}

export interface StationKey {
  /** 32 hex digits */
  id: string
  created_ms: number
  /** 0: never */
  used_ms: number
  /** 0: valid */
  revoked_ms: number
}

export interface StationRow {
  id: string
  name: string
  grid: string
  specialist: string
  /** login of the 包联 agent, '' none */
  affinity: string
  closed: boolean
  keys: StationKey[]
  /** 0: no code is out */
  code_expires_ms: number
}

export interface EnrolmentCode {
  /** K7QD-… */
  code: string
  expires_ms: number
}

export interface DayHours {
  /** 0 Sunday – 6 Saturday */
  weekday: number
  open: string
  close: string
}

export interface Holiday {
  /** 2026-10-01 */
  date: string
  closed: boolean
  open: string
  close: string
  note: string
}

/** A weekday that is not in week is closed. */
export interface Hours {
  always: boolean
  week: DayHours[]
  holidays: Holiday[]
}

/** Names of the centre's numbers in the order they are shown. */
export const numberNames = [
  'ring_s', 'affinity_s', 'waiting_grace_s', 'call_grace_s', 'agent_grace_s', 'wrap_up_s', 'aging_boost_s', 'service_s', 'target_pct', 'short_abandon_s',
] as const
export type NumberName = (typeof numberNames)[number]
export type Numbers = Record<NumberName, number>

/** What stands now of the 包联: every station, '' is nobody. */
export interface Bindings {
  pairs: { station: string; agent: string }[]
}

export interface NumbersAnswer {
  numbers: Numbers
  defaults: Numbers
  bounds: Record<NumberName, [min: number, max: number]>
}

export interface MatterRow {
  id: string
  theme: string
  family: string
  title: string
  title_en: string
  verified: boolean
  enabled: boolean
  /** how many materials */
  slots: number
}

export interface AuditRow {
  seq: number
  node: string
  at_ms: number
  actor: string
  action: string
  object: string
  detail: Record<string, unknown>
}

/** What came of checking the chain. */
export interface AuditVerdict {
  ok: boolean
  rows: number
  /** of the first broken row */
  node: string
  seq: number
  detail: string
}

export const csvKinds = ['people', 'stations', 'affinity', 'hours', 'holidays', 'matters'] as const
export type CsvKind = (typeof csvKinds)[number]

export interface CsvError {
  /** 1 is the header, 0 the whole file */
  row: number
  column: string
  code: string
  /** cut to 40 characters */
  value: string
}

export interface CsvReport {
  rows: number
  added: number
  changed: number
  same: number
  /** people who came without a password and cannot sign in yet */
  without_password?: number
  /** of a dry run: the import that is to write what it told names it */
  version?: string
  errors: CsvError[]
}

export const maxCsvBytes = 1 << 20
