// Hand-overs: what the office sends and takes, and how positions, sums and days are said.
import { json, Problem } from '../../../lib/api.ts'
import { money, say, t } from '../../../lib/i18n.svelte.ts'

export interface Seat {
  id: number
  name: string
  holders: string[]
  customers: number
}
export type Position = Omit<Seat, 'customers'> & { kind: string; parent_id: number | null }

export interface Handover {
  id: string
  on: string
  to: Seat
  givers: Seat[]
  customers: number
  names: string[]
  reason: string | null
  acted_by: string
  acted_at: string
  may_undo: boolean
}

export interface Candidate {
  id: string
  code: string
  name: string
  stage: string
  status: string
  position_id: number
  ward: string | null
  planned_on: string | null
  planned_to: string | null
}
export interface Candidates {
  items: Candidate[]
  next: string | null
  total: number | null
  wards: { code: string; name: string; customers: number }[]
}

export interface Sum {
  currency: string
  amount: string
}
export interface Documents {
  count: number
  customers: number
  sums: Sum[]
}
export interface Preview {
  stamp: string
  on: string
  to: Seat
  givers: Seat[]
  customers: number
  moving: number
  already: number
  planned: { on: string; to: string; customers: number }[]
  orders: Documents
  held: Documents
  debts: Documents
  overdue: Documents
  expenses: Documents
  next_steps: { count: number; first_on: string | null }
  weighty: { id: string; code: string; name: string; orders: number; order_sums: Sum[]; debt: Sum | null; overdue: boolean }[]
}

/** What narrows the customers to choose from; empty means not narrowed. */
export interface Filter {
  position: string
  group: string
  ward: string
  q: string
}

/** Who is chosen: some by name, or all a filter finds but for some. */
export interface Choice {
  customer_ids?: string[]
  all_of?: { position?: number; group?: string; ward?: string; q?: string }
  but?: string[]
}

export const filterOf = ({ position, group, ward, q }: Filter): NonNullable<Choice['all_of']> => ({
  ...(position && { position: Number(position) }),
  ...(group && { group }),
  ...(ward && { ward }),
  ...(q.trim() && { q: q.trim() }),
})

export function candidates(filter: Filter, cursor: string | null, signal?: AbortSignal): Promise<Candidates> {
  const query = new URLSearchParams({ limit: '50', ...(filterOf(filter) as Record<string, string>), ...(cursor && { cursor }) })
  return json<Candidates>(`customers/reassignment?${query}`, signal && { signal })
}

/** Who looks after something, then where: "Lê Thị Lan · Tuyến Nam 01". */
export const seatName = (seat: { name: string; holders: string[] }): string => [seat.holders.join(', ') || t('handover.nobody'), seat.name].join(' · ')
export const holderName = (seat: { name: string; holders: string[] }): string => seat.holders.join(', ') || seat.name

export const sumsText = (sums: Sum[]): string => sums.map((one) => money(one.amount, one.currency)).join(' + ')

export const faultOf = (why: unknown): string => {
  if (!(why instanceof Problem)) throw why
  return why.offline ? t('handover.offline') : say(`problem.${why.code}`, why.body as Record<string, string>, why.message)
}

/** The Monday after a day, both YYYY-MM-DD. */
export function nextMonday(day: string): string {
  const at = new Date(`${day}T00:00:00Z`)
  at.setUTCDate(at.getUTCDate() + (((8 - at.getUTCDay()) % 7) || 7))
  return at.toISOString().slice(0, 10)
}

/** "thứ Hai" / "Monday" of a day, as it stands inside a sentence. */
export function weekday(day: string, language: string): string {
  const name = new Intl.DateTimeFormat(language === 'en' ? 'en-GB' : 'vi-VN', { weekday: 'long', timeZone: 'UTC' }).format(new Date(`${day}T00:00:00Z`))
  return language === 'en' ? name : name.charAt(0).toLowerCase() + name.slice(1)
}
