// A store found empty on a phone the office knows: the browser threw it away, or somebody cleared it. The user is told what
// the office had from here, and numbers go on where they were, so that the office's ledger of this phone has no second line.
import { json } from './api.ts'
import type { Entry, Store } from './db.ts'

export interface Cleared {
  /** Operations the office had from this phone. */
  count: number
  /** When it last heard of it. */
  at: string
}

/** Asks the office once for each new store; true when this phone had another one before. Throws what `json` throws. */
export async function lookBack(store: Store, device: string): Promise<boolean> {
  if (await store.read<boolean>('looked-back')) return false
  const known = await json<{ last_n: number; last_seen_at: string }>(`devices/${device}`)
  return store.transaction('rw', [store.meta, store.outbox, store.journal], async () => {
    await store.write('looked-back', true)
    const own = Math.max((await store.outbox.orderBy('n').last())?.n ?? 0, (await store.journal.orderBy('n').last())?.n ?? 0)
    if (known.last_n <= own) return false
    await store.write('cleared', { count: known.last_n, at: known.last_seen_at } satisfies Cleared)
    // A number once used makes the next one the one after it.
    await store.outbox.put({ n: known.last_n } as Entry)
    await store.outbox.delete(known.last_n)
    return true
  })
}
