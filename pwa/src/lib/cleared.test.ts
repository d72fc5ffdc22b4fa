// A phone whose store was emptied is told so, and its numbers go on; a new phone and an old store are left alone.
import { expect, test, vi } from 'vitest'
import { append } from './chain.ts'
import { lookBack } from './cleared.ts'
import type { Store } from './db.ts'
import { exchange } from './exchange.ts'
import { newId } from './ids.ts'
import { enqueue } from './outbox.ts'
import { office, signedIn } from './testing.ts'

const visit = () => ({ name: 'visit.log', root: 'r1', label: { key: 'outbox.visit' }, args: { id: newId(), customer_id: 'r1' } })

/** First conversation of a store with an office that had `last_n` operations from this phone. */
async function first(store: Store, last_n: number): Promise<boolean> {
  office()
  await exchange(store)
  vi.stubGlobal('fetch', async () => new Response(JSON.stringify({ id: 'd', last_n, last_seen_at: '2026-11-20T01:00:00Z' })))
  return lookBack(store, 'd')
}

test('an empty store on a phone the office knows says so and goes on counting where it was', async () => {
  const store = await signedIn()
  expect(await first(store, 41)).toBe(true)
  expect(await store.read('cleared')).toEqual({ count: 41, at: '2026-11-20T01:00:00Z' })
  const entry = { id: newId(), name: 'visit.log', tv: 1, args: {}, lane: 'x', deps: [], entity: '', at: '', st: 'queued' as const, next_at: 0, tries: 0, label: { key: '' } }
  expect(await store.transaction('rw', store.outbox, store.meta, () => append(store, entry))).toBe(42)
  expect(await lookBack(store, 'd')).toBe(false)
})

test('a new phone that wrote something before its first conversation is no cleared one', async () => {
  const store = await signedIn()
  await enqueue(store, visit())
  expect(await first(store, 1)).toBe(false)
  expect(await store.read('cleared')).toBeUndefined()
})

test('a store cut off while asking asks again, and one that was answered never does', async () => {
  const store = await signedIn()
  office()
  await exchange(store)
  vi.stubGlobal('fetch', async () => { throw new TypeError('network') })
  await expect(lookBack(store, 'd')).rejects.toThrow()
  vi.stubGlobal('fetch', async () => new Response(JSON.stringify({ last_n: 3, last_seen_at: 'x' })))
  expect(await lookBack(store, 'd')).toBe(true)
  vi.stubGlobal('fetch', async () => new Response(JSON.stringify({ last_n: 99, last_seen_at: 'x' })))
  expect(await lookBack(store, 'd'), 'asked once').toBe(false)
})
