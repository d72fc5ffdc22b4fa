// The outbox loses nothing and doubles nothing, whatever happens to a request.
import { expect, test } from 'vitest'
import type { Store } from './db.ts'
import { desk } from './desk.ts'
import { exchange } from './exchange.ts'
import { newId } from './ids.ts'
import { backoff, discard, enqueue, hurry, mend, pick, unsent } from './outbox.ts'
import { office, signedIn } from './testing.ts'

const visit = (root: string, id = newId(), more: Record<string, unknown> = {}) => ({
  name: 'visit.log', root, label: { key: 'outbox.visit' }, args: { id, customer_id: root, ...more }, overlay: [{ t: 'visit', id, row: { customer_id: root } }],
})
const photo = async (store: Store, size = 10) => {
  const id = newId()
  const data = new Uint8Array(size).map((_, i) => i % 251).buffer
  await store.blob.put({ id, st: 'draft', owner_id: '', data, sha256: 'ab', size, mime: 'image/jpeg', taken_at: new Date().toISOString(), tries: 0, next_at: 0 })
  return id
}
/** Lets every wait pass, as time would. */
const later = async (store: Store) => {
  await hurry(store)
  return exchange(store)
}

test('a visit entered offline is sent once when the network is back', async () => {
  const store = await signedIn()
  const there = office()
  const one = visit('r1')
  await enqueue(store, one)
  there.faults = ['cut-before']
  expect(await exchange(store)).toBe('offline')
  expect((await unsent(store)).items).toBe(1)
  expect(await exchange(store)).toBe('later')
  expect(await later(store)).toBe('done')
  expect(there.applied).toEqual([one.args.id])
  expect(await unsent(store)).toEqual({ items: 0, photos: 0, attention: 0 })
  expect(await store.overlay.count()).toBe(0)
  expect(await store.journal.count()).toBe(1)
})

test('an answer lost after the office committed does not double the visit', async () => {
  const store = await signedIn()
  const there = office()
  await enqueue(store, visit('r1'))
  there.faults = ['cut-after']
  await exchange(store)
  await later(store)
  expect(there.applied).toHaveLength(1)
  expect(there.asked.map((one) => one.push[0]?.id)).toEqual([there.asked[0]!.push[0]!.id, there.asked[0]!.push[0]!.id])
  expect((await unsent(store)).items).toBe(0)
})

test('a session the office forgot pauses the outbox and drops nothing', async () => {
  const store = await signedIn()
  const there = office()
  await enqueue(store, visit('r1'))
  there.faults = [401]
  expect(await exchange(store)).toBe('expired')
  expect(await exchange(store)).toBe('expired')
  expect((await desk.session())?.expired).toBe(true)
  expect((await unsent(store)).items).toBe(1)
  expect(there.asked).toHaveLength(0)
})

test.each([false, true])('a refused mutation holds back only what depends on it (an office that refuses those too: %s)', async (strict) => {
  const store = await signedIn()
  const there = office()
  there.strict = strict
  const bad = visit('r1')
  const other = visit('r1')
  const image = await photo(store)
  there.refuse.add(bad.args.id)
  await enqueue(store, [{ ...bad, photos: [{ id: image, owner: 'visit' }] }, other])
  await later(store)
  expect(there.applied).toEqual([other.args.id])
  const left = await store.outbox.orderBy('n').toArray()
  expect(left.map((entry) => [entry.name, entry.st])).toEqual([['visit.log', 'rejected'], ['attachment.add', 'blocked']])
  expect(await unsent(store)).toEqual({ items: 1, photos: 1, attention: 1 })
  expect(there.files.size).toBe(0)
})

test('a mended mutation goes as a new one and takes its photos along', async () => {
  const store = await signedIn()
  const there = office()
  const bad = visit('r1')
  const image = await photo(store)
  there.refuse.add(bad.args.id)
  const [n] = await enqueue(store, { ...bad, photos: [{ id: image, owner: 'visit' }] })
  await exchange(store)
  there.refuse.clear()
  await mend(store, n!, { ...bad.args, note: 'mended' }, { note: 'mended' })
  expect((await store.overlay.where('t').equals('visit').first())?.row.note).toBe('mended')
  expect(await exchange(store)).toBe('done')
  expect(there.applied).toEqual([bad.args.id, image])
  expect(there.files.get(image)).toHaveLength(10)
  const ids = there.asked.flatMap((one) => one.push.filter((sent) => sent.name === 'visit.log').map((sent) => sent.id))
  expect(new Set(ids).size).toBe(2)
})

test('discarding takes the dependants along, and only on the user’s word', async () => {
  const store = await signedIn()
  const there = office()
  const bad = visit('r1')
  const image = await photo(store)
  there.refuse.add(bad.args.id)
  const [n] = await enqueue(store, { ...bad, photos: [{ id: image, owner: 'visit' }] })
  await exchange(store)
  expect(await discard(store, n!, 'x')).toBe(2)
  expect(await unsent(store)).toEqual({ items: 0, photos: 0, attention: 0 })
  expect(await store.overlay.count()).toBe(0)
})

test('a mutation that breaks the office is parked and reported, the others go through', async () => {
  const store = await signedIn()
  const there = office()
  const all = Array.from({ length: 9 }, (_, i) => visit(`r${i}`))
  there.poison.add(all[4]!.args.id)
  await enqueue(store, all)
  // The user's "send now" would free a parked one, so only the waits are lifted here.
  for (let i = 0; i < 40 && !there.parked.length; i++) {
    const net = await store.read<object>('net')
    if (net) await store.write('net', { ...net, next_at: 0 })
    await store.outbox.where('st').equals('queued').modify({ next_at: 0 })
    await exchange(store)
  }
  expect(there.applied.toSorted()).toEqual(all.filter((_, i) => i !== 4).map((one) => one.args.id).toSorted())
  expect(there.parked).toHaveLength(1)
  const left = await store.outbox.toArray()
  expect(left.map((entry) => [entry.entity, entry.st])).toEqual([[all[4]!.args.id, 'parked']])
  there.poison.clear()
  await later(store)
  expect(await store.outbox.count()).toBe(0)
})

test('an office that is down altogether is not blamed on a single mutation', async () => {
  const store = await signedIn()
  const there = office()
  await enqueue(store, visit('r1'))
  for (let i = 0; i < 12; i++) {
    there.faults = [500, 500]
    const net = await store.read<object>('net')
    if (net) await store.write('net', { ...net, next_at: 0 })
    await exchange(store)
  }
  expect((await store.outbox.toArray())[0]).toMatchObject({ st: 'queued', tries: 0 })
  there.faults = []
  expect(await later(store)).toBe('done')
})

test('lanes keep their order while one that waits does not stop another', () => {
  const entry = (n: number, lane: string, next_at = 0, deps: string[] = []) => ({ n, id: `m${n}`, lane, next_at, deps, st: 'queued' as const, name: 'visit.log', tv: 1, args: {}, entity: '', at: '', tries: 0, label: { key: '' } })
  const all = [entry(1, 'a', 99), entry(2, 'b'), entry(3, 'a'), entry(4, 'c', 0, ['m1']), entry(5, 'c'), entry(6, 'b', 0, ['m2'])]
  expect(pick(all, 50).map((one) => one.n)).toEqual([2, 6])
  expect(pick(all, 100).map((one) => one.n)).toEqual([1, 2, 3, 4, 5, 6])
  expect(pick(all, 100, 2).map((one) => one.n)).toEqual([1, 2])
})

test('a photo cut in the middle goes on where the office stands and arrives whole', async () => {
  const store = await signedIn()
  const there = office()
  const image = await photo(store, 700_000)
  await enqueue(store, { ...visit('r1'), photos: [{ id: image, owner: 'visit' }] })
  there.faults = [null, null, 'cut-after'] // rows, first chunk, second chunk: stored, but the answer is lost
  await exchange(store)
  expect((await unsent(store)).photos).toBe(1)
  await later(store)
  expect(Buffer.compare(Buffer.from(there.files.get(image)!), Buffer.from((await store.blob.get(image))!.data!))).toBe(0)
  expect(await unsent(store)).toEqual({ items: 0, photos: 0, attention: 0 })
})

test('what was being sent when the phone died is sent again at the next start', async () => {
  const store = await signedIn()
  const there = office()
  const [n] = await enqueue(store, visit('r1'))
  await store.outbox.update(n!, { st: 'sending' })
  await exchange(store)
  expect(there.applied).toHaveLength(1)
})

test('numbers are never used twice, also after everything was sent', async () => {
  const store = await signedIn()
  office()
  const [first] = await enqueue(store, visit('r1'))
  await exchange(store)
  const [second] = await enqueue(store, visit('r1'))
  expect(second).toBeGreaterThan(first!)
})

test('waits double and end at fifteen minutes', () => {
  expect([1, 2, 5, 30].map((k) => backoff(k, 0.5))).toEqual([2, 4, 32, 900])
})
