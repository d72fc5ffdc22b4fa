// The figures of the Today screen, gathered in the worker from what the phone holds.
import { type Customers, type Found } from './customers.ts'
import type { Store } from './db.ts'
import { sum } from './decimal.ts'
import type { OrderRow, VisitRow } from './rows.ts'
import { every } from './views.ts'

export interface Today {
  /** Customers planned for this weekday, those not visited yet first. */
  route: (Found & { visited: boolean })[]
  planned: number
  visited: number
  visits: number
  orders: number
  /** Net of today's orders in the company's currency, cancelled and rejected ones left out. */
  sales: string
  /** Promises that fall due today or are overdue. */
  due: { id: string; root: string; name: string; due: string }[]
  /** How many customers the phone holds. */
  held: number
}

/** `start`: the first millisecond of the day in the company's time zone. */
export async function todayOf(store: Store, customers: Customers, day: string, start: number): Promise<Today> {
  const { rows: route, held } = await customers.search('', 'today', 500, null, day)
  const all: VisitRow[] = await every(store, 'visit')
  const visits = all.filter((row) => Date.parse(row.started_at) >= start)
  const orders = (await every(store, 'order')).filter((row: OrderRow) => row.ordered_on === day && row.state !== 'cancelled' && row.state !== 'rejected')
  const seen = new Set(visits.map((row) => row.customer_id))
  const due = all.filter((row) => row.next_on && row.next_on <= day).sort((a, b) => (a.next_on! + a.id < b.next_on! + b.id ? 1 : -1)).slice(0, 20)
  const names = await store.customer.bulkGet(due.map((row) => row.customer_id))
  const marked = route.map((one) => ({ ...one, visited: seen.has(one.id) }))
  return {
    route: marked.sort((a, b) => Number(a.visited) - Number(b.visited)),
    planned: route.length,
    visited: marked.filter((one) => one.visited).length,
    visits: visits.length,
    orders: orders.length,
    sales: sum(orders.map((row) => row.total)),
    due: due.map(({ id, customer_id, next_on }, i) => ({ id, root: customer_id, due: next_on!, name: names[i]?.row?.name ?? '' })).filter((one) => one.name),
    held,
  }
}
