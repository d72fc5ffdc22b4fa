// The worker: everything that parses, writes or scans many rows, so that the screen never waits for it.
import { expose } from 'comlink'
import { refreshBook } from './book.ts'
import { Customers, type Filter, type Found } from './customers.ts'
import { store } from './db.ts'
import { desk } from './desk.ts'
import { exchange, type Outcome } from './exchange.ts'
import { refreshHints } from './hints.ts'
import { todayOf, type Today } from './today.ts'

let customers: Customers | null = null
let owner = ''

async function mine(): Promise<Customers> {
  const held = await store()
  if (!customers || owner !== held.user) {
    customers = new Customers(held)
    owner = held.user
  }
  return customers
}

const api = {
  /** Pushes and pulls until both sides are done, then fetches hints and the price book when the role has them. */
  async sync(): Promise<Outcome> {
    if (!(await desk.session())) return 'nobody'
    const held = await store()
    const list = await mine()
    const outcome = await exchange(held, { changed: (changed) => list.took(changed) })
    if (outcome === 'done') {
      const roles = (await desk.session())?.me.roles ?? []
      if (roles.some((role) => role === 'rep' || role === 'manager' || role === 'admin')) {
        await refreshHints(held)
        await refreshBook(held)
      }
    }
    return outcome
  },
  async hints(): Promise<void> {
    await refreshHints(await store(), true)
  },
  async search(query: string, filter: Filter, limit: number, here: { lat: number; lon: number } | null, day: string): Promise<{ rows: Found[]; total: number; held: number }> {
    return (await mine()).search(query, filter, limit, here, day)
  },
  /** What the Today screen says: mine of this day, and the route. */
  async today(day: string, start: number): Promise<Today> {
    return todayOf(await store(), await mine(), day, start)
  },
  async points(): Promise<Found[]> {
    return (await mine()).points()
  },
}

export type DataApi = typeof api
expose(api)
