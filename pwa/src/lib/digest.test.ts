// The phone compares itself with the office once a day; what differs is fetched anew, and nothing that waits is lost for it.
import { expect, test } from 'vitest'
import { Store } from './db.ts'
import { CHECK_EVERY, differing, digestOf, figureOf } from './digest.ts'
import { exchange } from './exchange.ts'
import { newId } from './ids.ts'
import { enqueue } from './outbox.ts'
import { applyPage, WHOLE, type Page } from './pull.ts'
import type { Row } from './rows.ts'
import { office, signedIn } from './testing.ts'

const ID = (n: number) => `01932c00-0000-7000-8000-${n.toString(16).padStart(12, '0')}`
const block = (t: string, rows: [number, number, Record<string, unknown>?][]) => {
  const keys = Object.keys(rows[0]?.[2] ?? {})
  const root = (row: (typeof rows)[0]) => (t === 'item' ? null : ((row[2]?.customer_id as string | undefined) ?? ID(row[0])))
  return { t, cols: ['_v', '_r', 'id', ...keys], v: [rows.map((row) => row[1]), rows.map(root), rows.map((row) => ID(row[0])), ...keys.map((key) => rows.map((row) => row[2]?.[key]))] }
}
const ALL: Page['up'] = [
  block('item', [[1, 1, { code: 'SUA' }], [2, 4, { code: 'MI' }]]),
  block('customer', [[3, 2, { name: 'Minh' }], [4, 1, { name: 'An' }]]),
  block('address', [[5, 1, { customer_id: ID(3), text: 'Lê Lợi' }]]),
]
const page = (more: Partial<Page> = {}): Page => ({ v: 1, now: '2026-11-22T00:00:00Z', cursor: 'c', more: false, up: ALL, ...more })
const names = async (store: Store) => (await store.customer.toArray()).map((doc) => doc.row?.name).sort()

/** A phone that holds all, was last checked the day before yesterday, and has something to send that has to wait. */
async function phone(): Promise<Store> {
  const store = await signedIn()
  await applyPage(store, page())
  await store.write('checked_at', Date.now() - 2 * CHECK_EVERY)
  const [n] = await enqueue(store, { name: 'visit.log', root: ID(3), label: { key: 'x' }, args: { id: ID(9), customer_id: ID(3) }, overlay: [{ t: 'visit', id: ID(9), row: { note: 'n' } }] })
  await store.outbox.update(n!, { next_at: Date.now() + 60_000 })
  return store
}

/** An office that answers with its figures when asked, and with all rows to whoever holds none. */
async function answering() {
  const there = office()
  const truth = new Store(newId())
  await applyPage(truth, page())
  const figures = await digestOf(truth)
  there.page = () => {
    const { cursor, digest } = there.asked.at(-1)!.pull as { cursor: string | null; digest?: boolean }
    return { ...(cursor === null ? { up: ALL, cursor: 'new' } : { cursor }), ...(digest ? { digest: figures } : {}) }
  }
  const asked = () => there.asked.map(({ pull }) => pull as { cursor: string | null; digest?: boolean })
  return { there, asked }
}

test('the figure of rows is the office’s: count, and xor of (48 bits of the id + version * 2654435761) modulo 2^48', () => {
  const rows = [[0xfedcba987654, 7], [0x1, 1], [0xffffffffffff, 900_000]] as const
  const exact = rows.reduce((mark, [id, version]) => mark ^ ((BigInt(id) + BigInt(version) * 2_654_435_761n) & 0xffffffffffffn), 0n)
  expect(figureOf(rows.map(([id, _v]) => ({ id: ID(id), _v }) as Row))).toEqual([3, Number(exact)])
  expect(figureOf([{ id: '01932c00-0000-7000-8000-0123456789ab', _v: 3 } as Row])).toEqual([1, Number((0x0123456789abn + 3n * 2_654_435_761n) & 0xffffffffffffn)])
})

test('a phone that agrees with the office asks for the figures once a day and fetches nothing', async () => {
  const store = await phone()
  const { there, asked } = await answering()
  expect(await exchange(store)).toBe('done')
  expect(await exchange(store)).toBe('done')
  expect(asked().map((one) => one.digest)).toEqual([false, true, false])
  expect(asked().every((one) => one.cursor === 'c')).toBe(true)
  expect(there.parked).toEqual([])
  await store.write('checked_at', Date.now() - CHECK_EVERY - 1)
  await exchange(store)
  expect(asked().map((one) => one.digest)).toEqual([false, true, false, false, true])
})

test.each([
  ['a customer the office took back', (store: Store) => store.customer.put({ id: ID(7), row: { id: ID(7), _v: 1, name: 'Ghost' } as never, addresses: [], contacts: [] }), 'customer'],
  ['a customer that never came', (store: Store) => store.customer.delete(ID(4)), 'customer'],
  ['an older version of a row', (store: Store) => store.ref.where('t').equals('item').modify((held) => void (held.rows[ID(2)]!._v = 3)), 'item'],
  ['an address that was lost', (store: Store) => store.customer.update(ID(3), { addresses: [] }), 'address'],
  ['a whole table that was lost', (store: Store) => store.ref.clear(), 'item'],
])('%s is noticed, reported and put right; what waits to be sent stays', async (_, spoil, table) => {
  const store = await phone()
  const { there, asked } = await answering()
  await spoil(store)
  expect(await exchange(store)).toBe('done')
  expect(asked().map((one) => [one.cursor, one.digest])).toEqual([['c', false], ['c', true], [null, false]])
  expect(there.parked).toMatchObject([{ kind: 'digest', own: { [table]: expect.any(Array) }, office: { [table]: [expect.any(Number), expect.any(Number)] } }])
  expect(await names(store)).toEqual(['An', 'Minh'])
  expect(Object.keys((await store.ref.get('item'))!.rows)).toHaveLength(2)
  expect(await store.read('cursor')).toBe('new')
  expect(await store.outbox.count()).toBe(1)
  expect(await store.overlay.count()).toBe(1)
})

test('being cut off while all is fetched anew leaves the phone as it was, and the next sync goes on', async () => {
  const store = await phone()
  const { there } = await answering()
  await store.customer.delete(ID(4))
  there.faults = [null, null, null, 'cut-after'] // figures, report, then the line dies
  expect(await exchange(store)).toBe('offline')
  expect(await names(store)).toEqual(['Minh'])
  await store.meta.delete('net')
  expect(await exchange(store)).toBe('done')
  expect(await names(store)).toEqual(['An', 'Minh'])
  expect(await store.outbox.count()).toBe(1)
})

test('a report that cannot be handed in does not stop the mending, and tables of a later app are not compared', async () => {
  const store = await phone()
  const { there } = await answering()
  await store.customer.delete(ID(4))
  there.faults = [null, null, 429]
  expect(await exchange(store)).toBe('done')
  expect(await names(store)).toEqual(['An', 'Minh'])
  expect(differing({}, { lorry: [3, 17] }, WHOLE)).toEqual([])
})
