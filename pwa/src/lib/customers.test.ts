// The customers in the worker's memory: what a list holds, in which order, and what the office's hints add to it.
import { beforeEach, expect, test } from 'vitest'
import { Customers } from './customers.ts'
import type { CustomerDoc, Store } from './db.ts'
import { firstFound } from './found.ts'
import type { Hints } from './hints.ts'
import { applyPage } from './pull.ts'
import { signedIn } from './testing.ts'

const blank = { _v: 1, code: null, stage: 'account', status: 'active', phone: null, tax_no: null, group_ids: [], position_id: 3, currency: 'VND', note: null, planned_weekday: null, last_visit_at: null, last_order_at: null }
const doc = (id: string, name: string, lat: number | null): CustomerDoc =>
  ({
    id,
    row: { ...blank, id, name },
    addresses: [{ _v: 1, id: `${id}-a`, customer_id: id, kind: 'shop', text: 'Lê Lợi', lat, lon: lat === null ? null : 106.7, accuracy_m: null, grade: 'pin', is_default: true, version_id: null }],
    contacts: [],
  }) as unknown as CustomerDoc
const HERE = { lat: 10.77, lon: 106.7 }
const owed = (overdue: boolean, on_hold = false) => ({ limit: '1000', exposure: '500', left: '500', currency: 'VND', on_hold, overdue })

let store: Store
let customers: Customers
const ids = async (...[query, filter, here]: [string, Parameters<Customers['search']>[1], typeof HERE | null]) => (await customers.search(query, filter, 10, here, '2026-11-23')).rows.map((row) => row.id)

beforeEach(async () => {
  store = await signedIn()
  await store.customer.bulkPut([doc('far', 'Tạp hóa An', 10.9), doc('near', 'Tạp hóa Bình', 10.771), doc('lost', 'Quán Minh', null)])
  await store.write('rev', 1)
  const hints: Hints = { as_of: '2026-11-23T01:00:00Z', stock: {}, credit: { far: owed(true), near: owed(false), lost: owed(false, true) } }
  await store.write('hints', hints)
  await store.write('hints_at', 1)
  customers = new Customers(store)
})

test('the nearest come first, whoever has no place last; without a place of one’s own, by name', async () => {
  expect(await ids('', 'all', HERE)).toEqual(['near', 'far', 'lost'])
  expect(await ids('', 'all', null)).toEqual(['lost', 'far', 'near'])
})

test('what fits a search equally well is ordered by distance, what fits better comes first', async () => {
  expect(await ids('tap hoa', 'all', HERE)).toEqual(['near', 'far'])
  expect(await ids('tạp hóa an', 'all', HERE)).toEqual(['far'])
})

test('who is overdue is what the office said, and only they', async () => {
  expect(await ids('', 'overdue', HERE)).toEqual(['far'])
  const { rows } = await customers.search('', 'all', 10, HERE, '2026-11-23')
  expect(rows.map(({ id, overdue, on_hold }) => [id, overdue, on_hold])).toEqual([['near', false, false], ['far', true, false], ['lost', false, true]])
})

test('a filter and a search hold together, and the count is of all that fit', async () => {
  const { rows, total, held } = await customers.search('tap hoa', 'overdue', 1, HERE, '2026-11-23')
  expect([rows.map((row) => row.id), total, held]).toEqual([['far'], 1, 3])
  expect((await customers.search('', 'all', 1, HERE, '2026-11-23')).total).toBe(3)
})

const PAGE = { v: 1, now: '2026-11-23T01:00:00Z', cursor: 'c', more: true }
const rows = (names: Record<string, string>) => ({ t: 'customer', cols: ['_v', '_r', ...Object.keys(blank).slice(1), 'id', 'name'], v: [Object.keys(names).map(() => 1), Object.keys(names), ...Object.values(blank).slice(1).map((value) => Object.keys(names).map(() => value)), Object.keys(names), Object.values(names)] })

test('pages of a first sync are taken over as they come: the store is not read anew for each', async () => {
  const fresh = await signedIn()
  const list = new Customers(fresh)
  let reads = 0
  const whole = fresh.customer.toArray.bind(fresh.customer)
  fresh.customer.toArray = ((...all: Parameters<typeof whole>) => (reads++, whole(...all))) as typeof whole
  const seen = async () => (await list.search('', 'all', 10, null, '2026-11-23')).rows.map((row) => row.name)
  list.took(await applyPage(fresh, { ...PAGE, reset: true, up: [rows({ a: 'Tạp hóa An', b: 'Quán Bình' })] }))
  expect(await seen()).toEqual(['Quán Bình', 'Tạp hóa An'])
  list.took(await applyPage(fresh, { ...PAGE, up: [rows({ c: 'Đại lý Cường' })] }))
  expect(await seen()).toEqual(['Đại lý Cường', 'Quán Bình', 'Tạp hóa An'])
  list.took(await applyPage(fresh, { ...PAGE, more: false, drop: ['b'], up: [rows({ a: 'Tạp hóa Ân' })] }))
  expect(await seen()).toEqual(['Đại lý Cường', 'Tạp hóa Ân'])
  expect(reads).toBe(0)
})

test('what another worker wrote meanwhile is read from the store', async () => {
  const fresh = await signedIn()
  const list = new Customers(fresh)
  list.took(await applyPage(fresh, { ...PAGE, up: [rows({ a: 'An' })] }))
  await applyPage(fresh, { ...PAGE, up: [rows({ b: 'Bình' })] }) // nobody told this one
  list.took(await applyPage(fresh, { ...PAGE, up: [rows({ c: 'Cường' })] }))
  expect((await list.search('', 'all', 10, null, '2026-11-23')).rows.map((row) => row.name)).toEqual(['An', 'Bình', 'Cường'])
})

test('what the list began with stands at once the next time, as it is by then', async () => {
  expect(await ids('', 'all', HERE)).toEqual(['near', 'far', 'lost'])
  await expect.poll(() => store.read('first')).toEqual(['near', 'far', 'lost'])
  await ids('minh', 'all', null)
  await store.customer.delete('far')
  await store.customer.put(doc('near', 'Tạp hóa Bình Mới', 10.771))
  expect((await firstFound(store)).map((row) => [row.id, row.name, row.address])).toEqual([['near', 'Tạp hóa Bình Mới', 'Lê Lợi'], ['lost', 'Quán Minh', 'Lê Lợi']])
})
