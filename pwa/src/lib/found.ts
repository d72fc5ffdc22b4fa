// A customer as a list shows it, made from what the store holds.
import type { CustomerDoc, Store } from './db.ts'
import type { AddressRow, Grade } from './rows.ts'

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

/** The address that stands for a customer: the default one, else the best located, else the first. */
export function mainAddress(addresses: readonly AddressRow[]): AddressRow | undefined {
  return addresses.find((one) => one.is_default) ?? addresses.find((one) => one.lat !== null) ?? addresses[0]
}

/** Whole days since the last visit. */
export const idleDays = (one: Found, now: number): number => Math.floor((now - Date.parse(one.last_visit_at!)) / 86_400_000)

/** What a list shows of a customer; how far, how long ago and what is owed is reckoned when it is shown. */
export function foundOf(doc: CustomerDoc, pending = false): Found | null {
  const row = doc.row
  if (!row) return null
  const place = mainAddress(doc.addresses)
  return {
    id: doc.id, code: row.code, name: row.name, stage: row.stage, status: row.status, phone: row.phone, address: place?.text ?? '',
    lat: place?.lat ?? null, lon: place?.lon ?? null, grade: place?.grade ?? 'none', planned_weekday: row.planned_weekday,
    last_visit_at: row.last_visit_at, last_order_at: row.last_order_at, idle_days: null, away: null, overdue: false, on_hold: false, pending,
  }
}

/** Customers shown at once when the app opens, before all of them are in memory. */
export const KEPT_FIRST = 20

/** The customers the list began with when it was last looked at, as they are now; those that left since are left out. */
export async function firstFound(store: Store, now = Date.now()): Promise<Found[]> {
  const docs = await store.customer.bulkGet((await store.read<string[]>('first')) ?? [])
  return docs.flatMap((doc) => {
    const one = doc && foundOf(doc)
    return one ? [{ ...one, idle_days: one.last_visit_at ? idleDays(one, now) : null }] : []
  })
}
