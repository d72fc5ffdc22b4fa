// The customers of this phone in the worker's memory: what lists, search and the map are made of.
import type { CustomerDoc, Store } from './db.ts'
import { fold } from './folding.ts'
import { foundOf, idleDays, KEPT_FIRST, mainAddress, type Found } from './found.ts'
import { metres } from './geo.ts'
import type { Hints } from './hints.ts'
import type { Changed } from './pull.ts'
import type { CustomerRow } from './rows.ts'
import { hits, keyOf, type SearchKey } from './search.ts'

export { mainAddress, type Found }
export type Filter = 'all' | 'today' | 'overdue' | 'idle' | 'leads' | 'unlocated'

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

/** ISO weekday of a day YYYY-MM-DD, 1 = Monday. */
export const weekday = (day: string): number => ((new Date(`${day}T00:00:00Z`).getUTCDay() + 6) % 7) + 1

export class Customers {
  private readonly store: Store
  private held = new Map<string, Held>()
  private rev = -1
  private hints: Hints | undefined
  private hintsAt = -1
  private coming: Promise<void> | null = null
  private first = ''

  constructor(store: Store) {
    this.store = store
  }

  /**
   * What a page changed, taken over at once when memory stood right before it; else the next look reads the whole store.
   * Takes no time off the store, so that a list that asks between two pages of a first sync does not read it all anew.
   */
  took({ customers, dropped, all, rev }: Changed): void {
    if (rev === undefined || !(all || rev === 1 || rev === this.rev + 1)) return
    if (all) this.held.clear()
    for (const doc of customers.values()) this.take(doc)
    for (const id of dropped) this.held.delete(id)
    this.rev = rev
  }

  /** Brings memory up to the store; whoever asks meanwhile waits for the same. */
  freshen(): Promise<void> {
    return (this.coming ??= this.look().finally(() => (this.coming = null)))
  }

  private async look(): Promise<void> {
    const rev = (await this.store.read<number>('rev')) ?? 0
    if (rev !== this.rev) {
      const docs = await this.store.customer.toArray()
      this.held.clear()
      for (const doc of docs) this.take(doc)
      this.rev = rev
    }
    const at = (await this.store.read<number>('hints_at')) ?? 0
    if (at !== this.hintsAt) {
      this.hints = await this.store.read<Hints>('hints')
      this.hintsAt = at
    }
  }

  private take(doc: CustomerDoc, pending = false, into = this.held): void {
    const one = foundOf(doc, pending)
    if (!one) return
    into.set(doc.id, {
      ...one,
      key: keyOf({ ...one, phone: one.phone ?? doc.contacts[0]?.phone ?? null, tax_no: doc.row!.tax_no }),
      sort: fold(one.name),
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
    if (!query && filter === 'all' && limit < Infinity) void this.keepFirst(found.slice(0, KEPT_FIRST).map(({ row }) => row.one.id))
    return { rows: found.slice(0, limit).map(told), total: found.length, held: all.size }
  }

  /** What the list begins with is kept, so that the app can show it at once the next time (`firstFound`). */
  private async keepFirst(ids: string[]): Promise<void> {
    const first = ids.join()
    if (first === this.first || !ids.length) return
    this.first = first
    await this.store.write('first', ids).catch(() => undefined)
  }

  /** Every located customer, for the map. */
  async points(): Promise<Found[]> {
    return (await this.search('', 'all', Infinity, null, '2026-01-05')).rows.filter((row) => row.lat !== null)
  }
}

const far = (row: Row): number => row.away ?? Number.MAX_VALUE

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
