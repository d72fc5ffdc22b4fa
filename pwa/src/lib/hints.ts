// Stock and credit as the office last told them: previews with an age, never promises.
import { json, Problem } from './api.ts'
import type { Store } from './db.ts'

export interface StockHint {
  available: string
  on_hand: string
  reserved: string
  incoming: { on: string; qty: string }[]
}

export interface CreditHint {
  limit: string | null
  exposure: string
  left: string | null
  currency: string
  on_hold: boolean
  /** Past due beyond the days of grace. */
  overdue: boolean
}

export interface Hints {
  as_of: string
  stock: Record<string, StockHint>
  credit: Record<string, CreditHint>
}

export const HINTS_EVERY_MS = 15 * 60_000

/** The hints held, or undefined before the first time. */
export const hints = (store: Store): Promise<Hints | undefined> => store.read<Hints>('hints')

/** Fetches hints when those held are older than a quarter of an hour (or `force`). Being offline is no fault. */
export async function refreshHints(store: Store, force = false): Promise<void> {
  const asked = (await store.read<number>('hints_at')) ?? 0
  if (!force && Date.now() - asked < HINTS_EVERY_MS) return
  try {
    const fresh = await json<Hints>('hints')
    await store.transaction('rw', store.meta, async () => {
      await store.write('hints', fresh)
      await store.write('hints_at', Date.now())
    })
  } catch (reason) {
    if (!(reason instanceof Problem)) throw reason
    // Roles without hints are answered 403: ask again tomorrow rather than at every sync.
    if (reason.status === 403) await store.write('hints_at', Date.now() + 86_400_000)
  }
}
