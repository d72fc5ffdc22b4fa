// The customers of this phone in the worker's memory: what lists, search and the map are made of.
import type { CustomerDoc, Store } from './db.ts'
import { fold } from './folding.ts'
import { metres } from './geo.ts'
import type { Hints } from './hints.ts'
import type { AddressRow, CustomerRow, Grade } from './rows.ts'
import { hits, keyOf, type SearchKey } from './search.ts'

export type Filter = 'all' | 'today' | 'overdue' | 'idle' | 'leads' | 'unlocated'

/** A customer as a list shows it. */
export interface Found {
  id: string
  code: string | null
  name: string
  stage: string
  status: string
  phone: string | null
  address: string
  lat: number | null
  lon: number | null
  grade: Grade
  planned_weekday: number | null
  last_visit_at: string | null
  last_order_at: string | null
  /** Days since the last visit; null = never. */
  idle_days: number | null
  /** Metres from the phone, when it knows where it is. */
  away: number | null
  /** Past due beyond the days of grace, as the office last said. */
  overdue: boolean
  on_hold: boolean
  /** Only this phone knows it so far. */
  pending: boolean
}

interface Held extends Found {
  key: SearchKey
  sort: string
}

/** A customer under consideration: light, because there are ten thousand at every keystroke. */
interface Row {
  one: Held
  key: SearchKey
  away: number | null
}

/** Days without a visit after which a customer counts as neglected. */
export const IDLE_DAYS = 30

/** The address that stands for a customer: the default one, else the best located, else the first. */
export function mainAddress(addresses: readonly AddressRow[]): AddressRow | undefined {
  return addresses.find((one) => one.is_default) ?? addresses.find((one) => one.lat !== null) ?? addresses[0]
}

/** ISO weekday of a day YYYY-MM-DD, 1 = Monday. */
export const weekday = (day: string): number => ((new Date(`${day}T00:00:00Z`).getUTCDay() + 6) % 7) + 1

export class Customers {
  private readonly store: Store
  private held = new Map<string, Held>()
  private rev = -1
  private hints: Hints | undefined
  private hintsAt = -1

  constructor(store: Store) {
    this.store = store
  }

  /** Brings memory up to the store: all of it when another tab changed it, else what this worker was told of. */
  async freshen(ids?: Set<string>, dropped: string[] = [], all = false): Promise<void> {
    const rev = (await this.store.read<number>('rev')) ?? 0
    if (ids && !all && rev === this.rev + 1) {
      for (const id of dropped) this.held.delete(id)
      for (const doc of await this.store.customer.bulkGet([...ids])) if (doc) this.take(doc)
      this.rev = rev
    } else if (rev !== this.rev) {
      this.held.clear()
      for (const doc of await this.store.customer.toArray()) this.take(doc)
      this.rev = rev
    }
    const at = (await this.store.read<number>('hints_at')) ?? 0
    if (at !== this.hintsAt) {
      this.hints = await this.store.read<Hints>('hints')
      this.hintsAt = at
    }
  }

  private take(doc: CustomerDoc, pending = false, into = this.held): void {
    if (!doc.row) return
    const row = doc.row
    const place = mainAddress(doc.addresses)
    into.set(doc.id, {
      id: doc.id, code: row.code, name: row.name, stage: row.stage, status: row.status, phone: row.phone, address: place?.text ?? '',
      lat: place?.lat ?? null, lon: place?.lon ?? null, grade: place?.grade ?? 'none', planned_weekday: row.planned_weekday,
      last_visit_at: row.last_visit_at, last_order_at: row.last_order_at, idle_days: null, away: null, overdue: false, on_hold: false, pending,
      key: keyOf({ id: doc.id, name: row.name, code: row.code, phone: row.phone ?? doc.contacts[0]?.phone ?? null, tax_no: row.tax_no, address: place?.text ?? '' }),
      sort: fold(row.name),
    })
  }

  /** What waits in the outbox laid over what the office sent. */
  private async overlaid(): Promise<Map<string, Held>> {
    const waiting = await this.store.overlay.where('t').anyOf('customer', 'address', 'contact', 'visit').toArray()
    if (!waiting.length) return this.held
    const all = new Map(this.held)
    const touched = new Map<string, typeof waiting>()
    for (const one of waiting) {
      const id = one.t === 'customer' ? one.id : one.root
      touched.set(id, [...(touched.get(id) ?? []), one])
    }
    for (const [id, rows] of touched) this.take(overlay(await this.store.customer.get(id), id, rows), rows.some((one) => one.t === 'customer'), all)
    return all
  }

  /** Customers that fit, at most `limit`, and how many there are in all. */
  async search(query: string, filter: Filter, limit: number, here: { lat: number; lon: number } | null, day: string): Promise<{ rows: Found[]; total: number; held: number }> {
    await this.freshen()
    const all = await this.overlaid()
    const now = Date.now()
    const today = weekday(day)
    const rows: Row[] = []
    for (const one of all.values()) {
      const overdue = this.hints?.credit[one.id]?.overdue ?? false
      if (filter === 'today' && one.planned_weekday !== today) continue
      if (filter === 'overdue' && !overdue) continue
      if (filter === 'idle' && one.last_visit_at && idleDays(one, now) < IDLE_DAYS) continue
      if (filter === 'leads' && one.stage !== 'lead') continue
      if (filter === 'unlocated' && one.lat !== null) continue
      rows.push({ one, key: one.key, away: null })
    }
    // Distances and order are worth reckoning for what fits only.
    const found = hits(rows, query)
    if (here) for (const { row } of found) row.away = row.one.lat !== null && row.one.lon !== null ? metres(here, { lat: row.one.lat, lon: row.one.lon }) : null
    found.sort((a, b) => a.at - b.at || far(a.row) - far(b.row) || (a.row.one.sort < b.row.one.sort ? -1 : a.row.one.sort > b.row.one.sort ? 1 : 0))
    const told = ({ row: { one, away } }: { row: Row }): Found => {
      const { key: _, sort: __, ...bare } = one
      const credit = this.hints?.credit[one.id]
      return { ...bare, overdue: credit?.overdue ?? false, on_hold: credit?.on_hold ?? false, idle_days: one.last_visit_at ? idleDays(one, now) : null, away }
    }
    return { rows: found.slice(0, limit).map(told), total: found.length, held: all.size }
  }

  /** Every located customer, for the map. */
  async points(): Promise<Found[]> {
    return (await this.search('', 'all', Infinity, null, '2026-01-05')).rows.filter((row) => row.lat !== null)
  }
}

const far = (row: Row): number => row.away ?? Number.MAX_VALUE
const idleDays = (one: Held, now: number): number => Math.floor((now - Date.parse(one.last_visit_at!)) / 86_400_000)

/** A customer with what waits laid over it. */
export function overlay(doc: CustomerDoc | undefined, id: string, waiting: readonly { t: string; id: string; row: Record<string, unknown> }[]): CustomerDoc {
  const out: CustomerDoc = doc ? { ...doc, addresses: [...doc.addresses], contacts: [...doc.contacts] } : { id, row: null, addresses: [], contacts: [] }
  const blank = { _v: 0, code: null, status: 'active', stage: 'lead', phone: null, tax_no: null, group_ids: [], position_id: null, currency: 'VND', note: null, planned_weekday: null, last_visit_at: null, last_order_at: null }
  const lay = <T extends { id: string }>(rows: T[], one: { id: string; row: Record<string, unknown> }, fresh: Record<string, unknown>) => {
    const at = rows.findIndex((row) => row.id === one.id)
    if (at < 0) rows.push({ ...fresh, ...one.row, id: one.id } as unknown as T)
    else rows[at] = { ...rows[at]!, ...one.row }
  }
  for (const one of waiting) {
    if (one.t === 'customer') out.row = { ...(out.row ?? (blank as unknown as CustomerRow)), ...one.row, id } as CustomerRow
    else if (one.t === 'address') lay(out.addresses, one, { _v: 0, customer_id: id, kind: 'shop', text: '', lat: null, lon: null, accuracy_m: null, grade: 'none', is_default: !out.addresses.length, version_id: null })
    else if (one.t === 'contact') lay(out.contacts, one, { _v: 0, customer_id: id, name: '', phone: null, email: null, role: null })
    else if (one.t === 'visit' && out.row && typeof one.row.started_at === 'string') out.row = { ...out.row, last_visit_at: one.row.started_at }
  }
  return out
}
