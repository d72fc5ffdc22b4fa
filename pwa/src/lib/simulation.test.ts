// The phone's own sync code against a small office, with a seed deciding what happens: what is entered, which requests die
// before or after the office has them, when the app is killed in the middle, what the office refuses, which of two tabs it
// happens in, and where the phone's clock stands. One seed is one run. Deaths between any two accesses: dying.test.ts.
import { afterEach, expect, test, vi } from 'vitest'
import { Store } from './db.ts'
import { desk } from './desk.ts'
import { exchange, nextTry } from './exchange.ts'
import { newId } from './ids.ts'
import { discard, enqueue, hurry, unsent } from './outbox.ts'
import { office, signedIn } from './testing.ts'

const SEEDS = Number(process.env.SEEDS ?? 12)
const FIRST = Number(process.env.SEED ?? 1)

const DAY = 86_400_000

afterEach(() => void vi.useRealTimers())

/** mulberry32: the same seed gives the same story. */
function chance(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

async function story(seed: number): Promise<void> {
  const draw = chance(seed)
  const among = <T>(all: readonly T[]): T => all[Math.floor(draw() * all.length)]!
  let store = await signedIn()
  const user = store.user
  let other = new Store(user) // a second tab
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() })
  const there = office()
  const entered = new Map<string, { lane: string; refused: boolean }>()
  const photos: string[] = []
  for (let step = 0; step < 14; step++) {
    const dice = draw()
    if (draw() < 0.2) vi.setSystemTime(Date.now() + among([-400, 400, -1, 1]) * DAY)
    vi.setSystemTime(Date.now() + 60_000)
    if (draw() < 0.3) [store, other] = [other, store]
    if (dice < 0.5) {
      const lane = among(['r1', 'r2', 'r3'])
      const id = newId()
      const refused = draw() < 0.15
      if (refused) there.refuse.add(id)
      const photo = draw() < 0.3 && !refused ? newId() : null
      if (photo) {
        await store.blob.put({ id: photo, st: 'draft', owner_id: '', data: new Uint8Array(300_000).fill(seed).buffer, sha256: 'a', size: 300_000, mime: 'image/jpeg', taken_at: new Date().toISOString(), tries: 0, next_at: 0 })
        photos.push(photo)
      }
      await enqueue(store, { name: 'visit.log', root: lane, label: { key: 'outbox.visit' }, args: { id, customer_id: lane }, overlay: [{ t: 'visit', id, row: { customer_id: lane } }], ...(photo ? { photos: [{ id: photo, owner: 'visit' as const }] } : {}) })
      entered.set(id, { lane, refused })
      continue
    }
    there.faults = Array.from({ length: 3 }, () => among([null, null, 'cut-before', 'cut-after', 500, 503, 429] as const))
    await hurry(store)
    const talking = draw() < 0.4 ? Promise.all([exchange(store), exchange(other)]) : exchange(store)
    if (draw() < 0.3) {
      // Killed in the middle: the transactions that were open are lost, what was committed is not.
      await new Promise((resolve) => setTimeout(resolve, draw() * 6))
      store.close()
      other.close()
      await talking.catch(() => undefined)
      store = new Store(user)
      other = new Store(user)
    } else await talking
  }
  there.faults = []
  for (let round = 0; round < 12; round++) {
    await hurry(store)
    await exchange(store)
    if (!(await store.outbox.where('st').anyOf('queued', 'sending').count()) && !(await store.blob.where('st').equals('queued').count())) break
  }
  const good = [...entered].filter(([, one]) => !one.refused).map(([id]) => id)
  const applied = there.applied.filter((id) => entered.has(id))
  expect(applied.toSorted(), 'everything that can be taken was taken, once').toEqual(good.toSorted())
  for (const lane of ['r1', 'r2', 'r3']) expect(applied.filter((id) => entered.get(id)!.lane === lane), 'lanes keep their order').toEqual(good.filter((id) => entered.get(id)!.lane === lane))
  expect([...there.files.keys()].toSorted(), 'every photo arrived').toEqual(photos.toSorted())
  for (const bytes of there.files.values()) expect(bytes).toHaveLength(300_000)
  const left = await store.outbox.toArray()
  expect(left.map((one) => one.entity).toSorted(), 'what was refused is still here').toEqual([...entered].filter(([, one]) => one.refused).map(([id]) => id).toSorted())
  expect(left.every((one) => one.st === 'rejected')).toBe(true)
  for (const one of left) await discard(store, one.n, 'xong')
  await exchange(store)
  expect(await unsent(store)).toEqual({ items: 0, photos: 0, attention: 0 })
  expect(await store.overlay.count()).toBe(0)
  const numbers = there.asked.flatMap((one) => one.push.map((sent) => `${sent.n} ${sent.id}`))
  expect(new Map([...new Set(numbers)].map((both) => both.split(' ') as [string, string])).size, 'a number is never given twice').toBe(new Set(numbers).size)
  const chained = there.asked.flatMap((one) => one.push)
  expect(chained.every((one) => !one.prev || chained.some((before) => before.chain === one.prev)), 'the line of operations has no hole').toBe(true)
  expect((await desk.session())?.expired).toBeFalsy()
  store.close()
  other.close()
}

test.each([400, 40])('a clock that was %i days ahead and is put right leaves nothing waiting until then', async (days) => {
  const store = await signedIn()
  const there = office()
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + days * DAY })
  const [id, photo] = [newId(), newId()]
  await store.blob.put({ id: photo, st: 'draft', owner_id: '', data: new Uint8Array(1000).buffer, sha256: 'a', size: 1000, mime: 'image/jpeg', taken_at: new Date().toISOString(), tries: 0, next_at: 0 })
  await enqueue(store, { name: 'visit.log', root: 'r1', label: { key: 'outbox.visit' }, args: { id, customer_id: 'r1' }, photos: [{ id: photo, owner: 'visit' }] })
  there.faults = ['cut-before']
  expect(await exchange(store)).toBe('offline')
  await store.outbox.toCollection().modify({ next_at: Date.now() + 5000 }) // as after an answer that held it
  await store.blob.update(photo, { next_at: Date.now() + 5000 })
  vi.setSystemTime(Date.now() - days * DAY)
  expect(await nextTry(store)).toBe(0)
  expect(await exchange(store)).toBe('done')
  expect(there.applied).toContain(id)
  expect(there.files.get(photo)).toHaveLength(1000)
  expect(await unsent(store)).toEqual({ items: 0, photos: 0, attention: 0 })
  store.close()
})

test.each(Array.from({ length: SEEDS }, (_, i) => FIRST + i))('seed %i: nothing lost, nothing doubled, nobody held up', story, 60_000)

test('data goes before photos: no byte of a photo is sent while a mutation that may go waits', async () => {
  const store = await signedIn()
  const there = office()
  const order: string[] = []
  const real = globalThis.fetch
  globalThis.fetch = ((url: string, init: RequestInit) => {
    order.push(url.includes('/files') ? 'bytes' : `data ${(JSON.parse(init.body as string) as { push: unknown[] }).push.length}`)
    return real(url, init)
  }) as typeof fetch
  for (let i = 0; i < 40; i++) {
    const photo = newId()
    await store.blob.put({ id: photo, st: 'draft', owner_id: '', data: new Uint8Array(1000).buffer, sha256: 'a', size: 1000, mime: 'image/jpeg', taken_at: new Date().toISOString(), tries: 0, next_at: 0 })
    const id = newId()
    await enqueue(store, { name: 'visit.log', root: `r${i}`, label: { key: 'outbox.visit' }, args: { id, customer_id: `r${i}` }, photos: [{ id: photo, owner: 'visit' }] })
  }
  expect(await exchange(store)).toBe('done')
  const first = order.indexOf('bytes')
  expect(order.slice(0, first).filter((one) => one !== 'data 0')).toEqual(['data 50', 'data 30'])
  expect(order.slice(first).every((one) => one === 'bytes')).toBe(true)
  expect(there.files.size).toBe(40)
})
