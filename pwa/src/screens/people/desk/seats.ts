// Who sits where and who reports to whom: what the office sends, and what holds on a day.
import { json, Problem } from '../../../lib/api.ts'
import { date, say, t } from '../../../lib/i18n.svelte.ts'

export interface Seat {
  id: string
  user_id: string
  name: string
  from_on: string
  /** The first day they no longer sit there. */
  until_on: string | null
}
export interface Line {
  parent_id: number | null
  from_on: string
  until_on: string | null
}
export interface Position {
  id: number
  name: string
  kind: string
  may_change: boolean
  seats: Seat[]
  lines: Line[]
}
export interface Person {
  id: string
  login: string
  name: string
  active: boolean
  roles: string[]
}

export const seats = (): Promise<Position[]> => json<Position[]>('positions/seats')

type Span = { from_on: string; until_on: string | null }
export const begun = (one: Span, day: string): boolean => one.from_on <= day
export const over = (one: Span, day: string): boolean => one.until_on !== null && one.until_on <= day
export const holds = (one: Span, day: string): boolean => begun(one, day) && !over(one, day)

/** A day so many days after another, both YYYY-MM-DD. */
export function shifted(day: string, days: number): string {
  const at = new Date(`${day}T00:00:00Z`)
  at.setUTCDate(at.getUTCDate() + days)
  return at.toISOString().slice(0, 10)
}

/** "từ 01/01/2020", "từ … đến hết …": people name the last day, the office the first day after it. */
export const span = (one: Span): string =>
  one.until_on ? t('seat.from-until', { from: date(one.from_on), until: date(shifted(one.until_on, -1)) }) : t('seat.since', { from: date(one.from_on) })

/** Positions in the order of the line today: each with how deep it stands below the first. */
export function ordered(all: Position[], day: string): { position: Position; depth: number }[] {
  const parents = new Map(all.map((one) => [one.id, one.lines.find((line) => holds(line, day))?.parent_id ?? null]))
  const known = new Set(all.map((one) => one.id))
  const found: { position: Position; depth: number }[] = []
  const walk = (parent: number | null, depth: number) => {
    for (const position of all) {
      const above = parents.get(position.id) ?? null
      if ((above !== null && known.has(above) ? above : null) !== parent) continue
      found.push({ position, depth })
      walk(position.id, depth + 1)
    }
  }
  walk(null, 0)
  return found
}

export const faultOf = (why: unknown): string => {
  if (!(why instanceof Problem)) throw why
  return why.offline ? t('seat.offline') : say(`problem.${why.code}`, why.body as Record<string, string>, why.message)
}
