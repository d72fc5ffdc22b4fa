// After any series of pages the phone holds exactly the rows the office meant, and a page is taken whole or not at all.
import { expect, test } from 'vitest'
import type { Store } from './db.ts'
import { enqueue, unsent } from './outbox.ts'
import { applyPage, CHUNK, type Page } from './pull.ts'
import { signedIn } from './testing.ts'
import { customer, history } from './views.ts'

const page = (more: Partial<Page>): Page => ({ v: 1, now: '2026-11-22T00:00:00Z', cursor: 'c', more: false, ...more })
const block = (t: string, rows: [string, string | null, number, Record<string, unknown>?][]) => {
  const keys = Object.keys(rows[0]?.[3] ?? {})
  return { t, cols: ['_v', '_r', 'id', ...keys], v: [rows.map((row) => row[2]), rows.map((row) => row[1]), rows.map((row) => row[0]), ...keys.map((key) => rows.map((row) => row[3]?.[key]))] }
}
const held = async (store: Store, t: string) => (await store.hist.where('t').equals(t).toArray()).flatMap((chunk) => chunk.rows.map((row) => `${chunk.root}/${row.id}@${row._v}`)).sort()

test('column vectors become rows under their customer', async () => {
  const store = await signedIn()
  await applyPage(store, page({ up: [block('customer', [['k1', 'k1', 1, { name: 'Minh' }]]), block('address', [['a1', 'k1', 1, { text: '45 Bình Tiên', lat: 10.7 }]]), block('visit', [['v1', 'k1', 1], ['v2', 'k1', 1]]), block('item', [['i1', null, 1, { code: 'LAVI' }]])] }))
  expect((await customer(store, 'k1'))?.addresses[0]).toMatchObject({ text: '45 Bình Tiên', lat: 10.7 })
  expect(await held(store, 'visit')).toEqual(['k1/v1@1', 'k1/v2@1'])
  expect((await store.ref.get('item'))?.rows.i1).toMatchObject({ code: 'LAVI' })
  expect(await store.read('cursor')).toBe('c')
})

test('the lines of orders come as vectors of their own, and each order gets its own back, in their order', async () => {
  const store = await signedIn()
  const orders = block('order', [['o1', 'k1', 1], ['o2', 'k1', 1], ['o3', 'k2', 1]])
  const lines = { n: [2, 0, 1], cols: ['seq', 'qty'], v: [[1, 2, 1], ['4', '8', '6']] }
  const up = [{ ...orders, cols: [...orders.cols, 'lines', 'state'], v: [...orders.v, lines as unknown as unknown[], ['confirmed', 'cancelled', 'confirmed']] }]
  await applyPage(store, page({ up }))
  const rows = (await store.hist.where('t').equals('order').toArray()).flatMap((chunk) => chunk.rows)
  expect(Object.fromEntries(rows.map((row) => [row.id, row.lines]))).toEqual({ o1: [{ seq: 1, qty: '4' }, { seq: 2, qty: '8' }], o2: [], o3: [{ seq: 1, qty: '6' }] })
})

test('an address may come before its customer', async () => {
  const store = await signedIn()
  await applyPage(store, page({ more: true, up: [block('address', [['a1', 'k1', 1, { text: 'x' }]])] }))
  expect(await customer(store, 'k1')).toBeUndefined()
  await applyPage(store, page({ up: [block('customer', [['k1', 'k1', 1, { name: 'Minh' }]])] }))
  expect((await customer(store, 'k1'))?.addresses).toHaveLength(1)
})

test('long histories are packed into records and every row is found again', async () => {
  const store = await signedIn()
  const rows = Array.from({ length: CHUNK * 2 + 5 }, (_, i): [string, string, number] => [`v${i}`, 'k1', 1])
  for (let i = 0; i < rows.length; i += 100) await applyPage(store, page({ up: [block('visit', rows.slice(i, i + 100))] }))
  expect(await store.hist.count()).toBe(3)
  await applyPage(store, page({ del: [['visit', ['v3', 'v400']]], up: [block('visit', [['v604', 'k1', 2], ['v310', 'k1', 2]])] }))
  await applyPage(store, page({ up: [block('visit', [['v599', 'k1', 2]])] }))
  const all = await held(store, 'visit')
  expect(all).toHaveLength(rows.length - 2)
  expect(new Set(all).size).toBe(all.length)
  expect(all.filter((one) => one.endsWith('@2'))).toEqual(['k1/v310@2', 'k1/v599@2', 'k1/v604@2'])
})

test('a row that moved to another customer is not left behind', async () => {
  const store = await signedIn()
  await applyPage(store, page({ up: [block('expense', [['e1', 'k1', 1], ['e2', 'k1', 1]])] }))
  await applyPage(store, page({ up: [block('expense', [['e1', 'k2', 2]])] }))
  expect(await held(store, 'expense')).toEqual(['k1/e2@1', 'k2/e1@2'])
})

test('a dropped customer leaves with everything under it, and what waits to be sent stays', async () => {
  const store = await signedIn()
  await applyPage(store, page({ up: [block('customer', [['k1', 'k1', 1, { name: 'A' }], ['k2', 'k2', 1, { name: 'B' }]]), block('visit', [['v1', 'k1', 1, { next_on: '2026-12-01' }], ['v2', 'k2', 1, { next_on: null }]]), block('order', [['o1', 'k1', 1]])] }))
  await enqueue(store, { name: 'visit.log', root: 'k1', label: { key: 'x' }, args: { id: 'v3', customer_id: 'k1' } })
  await applyPage(store, page({ drop: ['k1'] }))
  expect(await store.customer.toCollection().primaryKeys()).toEqual(['k2'])
  expect(await held(store, 'visit')).toEqual(['k2/v2@1'])
  expect(await store.hist.where('t').equals('order').count()).toBe(0)
  expect(await store.outbox.count()).toBe(1)
})

test('a reset clears the office’s rows before the new ones and keeps the outbox', async () => {
  const store = await signedIn()
  await applyPage(store, page({ up: [block('customer', [['k1', 'k1', 1, { name: 'A' }]]), block('item', [['i1', null, 1]])] }))
  await enqueue(store, { name: 'visit.log', root: 'k1', label: { key: 'x' }, args: { id: 'v3', customer_id: 'k1' } })
  await applyPage(store, page({ reset: true, cursor: 'n', up: [block('customer', [['k2', 'k2', 1, { name: 'B' }]])] }))
  expect(await store.customer.toCollection().primaryKeys()).toEqual(['k2'])
  expect(await store.ref.count()).toBe(0)
  expect(await store.outbox.count()).toBe(1)
})

test('a page that breaks in the middle leaves the phone at the former cursor', async () => {
  const store = await signedIn()
  await applyPage(store, page({ cursor: 'before', up: [block('visit', [['v1', 'k1', 1]])] }))
  const broken = page({ cursor: 'after', up: [block('visit', [['v2', 'k1', 1]]), { t: 'order', cols: ['id', 'x'], v: [['o1'], [() => 'cannot be stored']] }] })
  await expect(applyPage(store, broken)).rejects.toThrow()
  expect(await held(store, 'visit')).toEqual(['k1/v1@1'])
  expect(await store.read('cursor')).toBe('before')
})

test('what waits is laid over the office’s row, and gives way to it with the receipt', async () => {
  const store = await signedIn()
  await applyPage(store, page({ up: [block('visit', [['v1', 'k1', 1, { note: 'old' }]])] }))
  const [n] = await enqueue(store, { name: 'visit.log', root: 'k1', label: { key: 'x' }, args: { id: 'v1' }, overlay: [{ t: 'visit', id: 'v1', row: { note: 'new' } }] })
  expect(await history(store, 'visit', 'k1')).toMatchObject([{ note: 'new', _pending: true }])
  const entry = (await store.outbox.get(n!))!
  await applyPage(store, page({ acks: [{ id: entry.id, st: 'applied' }], up: [block('visit', [['v1', 'k1', 2, { note: 'as the office has it' }]])] }), [entry])
  expect(await history(store, 'visit', 'k1')).toEqual([{ id: 'v1', _v: 2, note: 'as the office has it' }])
})

test('an own order that waits for an answer about its price is asked about until it is answered', async () => {
  const store = await signedIn()
  const order = (id: string, more: Record<string, unknown> = {}): [string, string, number, Record<string, unknown>] => [id, 'k1', 1, { customer_id: 'k1', user_id: store.user, state: 'on_hold', number: `SO-${id}`, placed_at: '2026-11-22T01:00:00Z', holds: [{ kind: 'price', code: 'OLD_PRICE', numbers: {} }], ...more }]
  const asked = async () => (await store.attention.toArray()).map((one) => one.id).sort()
  const other = (code: string, kind = 'price') => ({ holds: [{ kind, code, numbers: {} }] })
  await applyPage(store, page({ up: [block('order', [order('a'), order('b', { user_id: 'somebody' }), order('c', other('PRICE_TAMPER_OR_BUG')), order('d', other('LIMIT', 'credit')), order('e', { state: 'cancelled' }), order('f', other('DIFFERS'))])] }))
  expect(await asked()).toEqual(['a', 'f'])
  expect((await unsent(store)).attention).toBe(2)
  await store.attention.update('a', { left: true })
  await applyPage(store, page({ up: [block('order', [order('a'), order('f', { holds: [], state: 'confirmed' })])] }))
  expect(await store.attention.toArray()).toMatchObject([{ id: 'a', left: true }])
  expect((await unsent(store)).attention).toBe(0)
  await applyPage(store, page({ drop: ['k1'] }))
  expect(await asked()).toEqual([])
})
