// A first copy comes in pages that are snapshots of their own, breaks off, is asked for again, and meets rows that move
// meanwhile: whatever its pages are, it ends with each row once, where it belongs.
import { expect, test, vi } from 'vitest'
import { Store } from './db.ts'
import { enqueue } from './outbox.ts'
import { applyPage, CHUNK, type Page } from './pull.ts'
import { signedIn } from './testing.ts'

type Told = [id: string, root: string, version?: number]
const visits = (rows: Told[]) => ({ t: 'visit', cols: ['_v', '_r', 'id'], v: [rows.map((row) => row[2] ?? 1), rows.map((row) => row[1]), rows.map((row) => row[0])] })
const page = (more: Partial<Page>): Page => ({ v: 1, now: '2026-11-22T00:00:00Z', cursor: 'c', more: true, ...more })
/** A page of a copy, which says how far it is; the last one (and what changed meanwhile) says nothing of it. */
const one = (rows: Told[], more: Partial<Page> = {}) => page({ progress: [1, 9], up: [visits(rows)], ...more })
const held = async (store: Store) => (await store.hist.toArray()).flatMap((chunk) => chunk.rows.map((row) => `${chunk.root}/${row.id}@${row._v}`)).toSorted()
const many = (from: number, to: number, root: (n: number) => string): Told[] => Array.from({ length: to - from }, (_, i) => [`v${String(from + i).padStart(4, '0')}`, root(from + i)])
/** Two visits each, in the order of their customers: a page of 101 ends in the middle of one. */
const inPairs = (n: number) => `k${String(n >> 1).padStart(3, '0')}`

test('rows of one customer over two pages are one history', async () => {
  const store = await signedIn()
  await applyPage(store, one(many(0, 201, inPairs), { reset: true }))
  await applyPage(store, one(many(201, 401, inPairs)))
  await applyPage(store, page({ more: false, up: [visits(many(401, 402, inPairs))] }))
  expect(await held(store)).toEqual(many(0, 402, inPairs).map(([id, root]) => `${root}/${id}@1`).toSorted())
  expect(await store.hist.count()).toBe(201)
})

test('a customer with more rows than a record holds may come over several pages', async () => {
  const store = await signedIn()
  const rows = many(0, CHUNK * 2 + 120, (n) => (n < CHUNK * 2 + 20 ? 'k' : `k${n}`))
  for (let at = 0; at < rows.length; at += 180) await applyPage(store, one(rows.slice(at, at + 180), at ? {} : { reset: true }))
  await applyPage(store, page({ more: false }))
  expect(await held(store)).toEqual(rows.map(([id, root]) => `${root}/${id}@1`).toSorted())
  expect((await store.hist.get(['k', 'visit', 0]))?.last).toBe(2)
})

test('a copy cut in the middle goes on where it was, and a page that comes twice changes nothing', async () => {
  let store = await signedIn()
  const [first, second] = [one(many(0, 201, inPairs), { reset: true, cursor: '1' }), one(many(201, 401, inPairs), { cursor: '2' })]
  await applyPage(store, structuredClone(first))
  store.close()
  store = new Store(store.user)
  expect(await store.read('cursor')).toBe('1')
  await applyPage(store, structuredClone(second))
  store.close()
  store = new Store(store.user)
  await applyPage(store, structuredClone(second)) // its answer was kept, and the phone did not know
  await applyPage(store, page({ more: false, cursor: '3' }))
  expect(await held(store)).toEqual(many(0, 401, inPairs).map(([id, root]) => `${root}/${id}@1`).toSorted())
  await applyPage(store, structuredClone(first)) // and begun anew: what was there gives way
  expect(await held(store)).toEqual(many(0, 201, inPairs).map(([id, root]) => `${root}/${id}@1`).toSorted())
})

test('a customer that changes hands during the copy is sent whole once more, and held once', async () => {
  const store = await signedIn()
  const own: Told[] = [['v0001', 'k009'], ['v0002', 'k009'], ['v0003', 'k009']]
  await applyPage(store, one([...own, ...many(100, 300, inPairs)], { reset: true }))
  // It lies under another position now, which comes later in the copy; one of its visits was changed on the way.
  await applyPage(store, one([...many(300, 500, inPairs), ['v0001', 'k009'], ['v0002', 'k009', 2], ['v0003', 'k009']]))
  await applyPage(store, page({ more: false, up: [visits([['v0002', 'k009', 2]])] }))
  expect((await held(store)).filter((row) => row.startsWith('k009/'))).toEqual(['k009/v0001@1', 'k009/v0002@2', 'k009/v0003@1'])
})

test.each([false, true])('a row that moves to another customer during the copy is held there alone (the rest in two pages: %s)', async (two) => {
  const store = await signedIn()
  await applyPage(store, one([['a', 'k1'], ['b', 'k1']], { reset: true }))
  await applyPage(store, one([['a', 'k2', 2], ['c', 'k2']])) // moved before its new customer came
  if (two) await applyPage(store, page({}))
  // What changed meanwhile comes once more: a, and d, which moved after both customers had come.
  await applyPage(store, page({ more: false, up: [visits([['a', 'k2', 2], ['b', 'k2', 3]])] }))
  expect(await held(store)).toEqual(['k2/a@2', 'k2/b@3', 'k2/c@1'])
})

test('after a copy a changed row is looked for elsewhere only when it is not where it belongs', async () => {
  const store = await signedIn()
  await applyPage(store, page({ reset: true, more: false, up: [visits([['a', 'k1'], ['b', 'k1']])] }))
  const look = vi.spyOn(store.hist, 'where')
  await applyPage(store, page({ more: false, up: [visits([['a', 'k1', 2]])] }))
  expect(look.mock.calls).not.toContainEqual(['t'])
  // In one page: one row leaves k1, another one of k1 is changed there.
  await applyPage(store, page({ more: false, up: [visits([['b', 'k2', 2], ['a', 'k1', 3]])] }))
  expect(look.mock.calls).toContainEqual(['t'])
  expect(await held(store)).toEqual(['k1/a@3', 'k2/b@2'])
})

test('a first copy is not searched for old visits, the next day’s pull is', async () => {
  const store = await signedIn()
  const day = Date.parse('2026-11-22T08:00:00Z')
  const old = { t: 'visit', cols: ['_v', '_r', 'id', 'started_at'], v: [[1, 1], ['k1', 'k1'], ['old', 'new'], ['2026-10-23T09:00:00Z', '2026-11-21T09:00:00Z']] }
  const window = { history: 30 }
  await applyPage(store, page({ reset: true, more: false, window, up: [old] }), [], day)
  expect(await store.read('pruned_on')).toBe('2026-11-22')
  await applyPage(store, page({ more: false, window }), [], day + 3_600_000)
  expect(await held(store)).toEqual(['k1/new@1', 'k1/old@1'])
  await applyPage(store, page({ more: false, window }), [], day + 86_400_000)
  expect(await held(store)).toEqual(['k1/new@1'])
})

test('only pages that take nothing from the outbox may be lost by a phone that dies', async () => {
  const store = await signedIn()
  const asked = vi.spyOn(IDBDatabase.prototype, 'transaction')
  const kept = async (work: () => Promise<unknown>) => {
    asked.mockClear()
    await work()
    return asked.mock.calls.filter(([, mode]) => mode === 'readwrite').map(([, , options]) => options?.durability)
  }
  expect(await kept(() => applyPage(store, one([['a', 'k1']], { reset: true })))).toEqual(['relaxed'])
  const [n] = await enqueue(store, { name: 'visit.log', root: 'k1', label: { key: 'x' }, args: { id: 'v1', customer_id: 'k1' } })
  const entry = (await store.outbox.get(n!))!
  expect(await kept(() => applyPage(store, page({ acks: [{ id: entry.id, st: 'applied' }] }), [entry]))).toEqual(['strict'])
  expect(await store.outbox.count()).toBe(0)
  expect(await kept(() => enqueue(store, { name: 'visit.log', root: 'k1', label: { key: 'x' }, args: { id: 'v2', customer_id: 'k1' } }))).toEqual(['strict'])
  expect(await kept(() => store.write('x', 1))).toEqual(['strict'])
})
