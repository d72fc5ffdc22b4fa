// The next pages are asked for while the one before them is being written, and nothing that waits to be sent is held up by it.
import Dexie from 'dexie'
import { expect, test } from 'vitest'
import { exchange } from './exchange.ts'
import { newId } from './ids.ts'
import { enqueue } from './outbox.ts'
import { office, signedIn } from './testing.ts'

const customers = (n: number) => ({ t: 'customer', cols: ['_v', '_r', 'id', 'name'], v: [[1], [`k${n}`], [`k${n}`], [`Khách ${n}`]] })

/** An office with so many pages; the cursor is the number of the page that comes next. */
function pages(count: number) {
  const there = office()
  there.page = () => {
    const n = Number(there.asked.at(-1)!.pull.cursor ?? 0)
    return n < count ? { up: [customers(n)], cursor: String(n + 1), more: n + 1 < count } : { cursor: String(n) }
  }
  const cursors = () => there.asked.map((one) => one.pull.cursor)
  return { there, cursors }
}

test('the next page is on its way before the one before it is written', async () => {
  const store = await signedIn()
  const { cursors } = pages(4)
  const order: string[] = []
  const real = globalThis.fetch
  globalThis.fetch = ((url: string, init: RequestInit) => {
    order.push(`asked ${(JSON.parse(init.body as string) as { pull: { cursor: string | null } }).pull.cursor}`)
    return real(url, init)
  }) as typeof fetch
  store.customer.hook('creating', () => void order.push('writing'))
  let written = 0
  expect(await exchange(store, { changed: () => void order.push(`written ${++written}`) })).toBe('done')
  expect(cursors()).toEqual([null, '1', '2', '3'])
  for (const n of [1, 2, 3]) expect(order.indexOf(`asked ${n}`), order.join()).toBeLessThan(order.indexOf(`written ${n}`))
  expect(await store.customer.count()).toBe(4)
})

test('a page that takes long to write keeps the line busy: the two after it are asked for meanwhile, and no more', async () => {
  const store = await signedIn()
  const { cursors } = pages(7)
  const put = store.customer.bulkPut.bind(store.customer)
  const asked: string[] = []
  store.customer.bulkPut = (async (...all: Parameters<typeof put>) => {
    await Dexie.waitFor(new Promise((done) => setTimeout(done, 40)))
    asked.push(cursors().at(-1) ?? 'first')
    return put(...all)
  }) as unknown as typeof put
  expect(await exchange(store)).toBe('done')
  expect(asked).toEqual(['2', '3', '4', '5', '6', '6', '6'])
  expect(await store.customer.count()).toBe(7)
})

test('work entered during a long pull goes with the next question, not after the last page', async () => {
  const store = await signedIn()
  const { there, cursors } = pages(6)
  const id = newId()
  let seen = 0
  const changed = async () => {
    if (++seen === 1) await enqueue(store, { name: 'visit.log', root: 'k0', label: { key: 'x' }, args: { id, customer_id: 'k0' } })
  }
  expect(await exchange(store, { changed: () => void changed() })).toBe('done')
  expect(there.applied).toEqual([id])
  expect(there.asked.findIndex((one) => one.push.length > 0)).toBeLessThanOrEqual(4)
  expect(new Set(cursors()).size).toBe(6)
  expect(await store.outbox.count()).toBe(0)
  expect(await store.customer.count()).toBe(6)
})

test('a page that cannot be kept takes nothing with it, and what was asked for ahead is asked for again', async () => {
  const store = await signedIn()
  const { cursors } = pages(8)
  const put = store.customer.bulkPut.bind(store.customer)
  let puts = 0
  store.customer.bulkPut = ((...all: Parameters<typeof put>) => {
    if (++puts === 3) throw new DOMException('full', 'QuotaExceededError')
    return put(...all)
  }) as typeof put
  await expect(exchange(store)).rejects.toThrow('full')
  expect(await store.read('cursor')).toBe('2')
  expect(await store.customer.count()).toBe(2)
  expect(cursors(), 'two ahead of the page that is being kept, and no more').toEqual([null, '1', '2', '3', '4'])
  expect(await exchange(store)).toBe('done')
  expect(cursors().slice(5)).toEqual(['2', '3', '4', '5', '6', '7'])
  expect(await store.customer.count()).toBe(8)
})

test('a line that dies under the page asked for ahead leaves the phone at the page before it', async () => {
  const store = await signedIn()
  const { there, cursors } = pages(4)
  there.faults = [null, null, 'cut-after']
  expect(await exchange(store)).toBe('offline')
  expect(await store.read('cursor')).toBe('2')
  await store.meta.delete('net')
  expect(await exchange(store)).toBe('done')
  expect(cursors()).toEqual([null, '1', '2', '2', '3'])
  expect(await store.customer.count()).toBe(4)
})

test('on a line that broke pages are small until one has come', async () => {
  const store = await signedIn()
  const { there } = pages(5)
  there.faults = [null, 'cut-before']
  expect(await exchange(store)).toBe('offline')
  await store.write('net', { ...(await store.read<object>('net')), next_at: 0 })
  expect(await exchange(store)).toBe('done')
  expect(await exchange(store)).toBe('done')
  const limits = there.asked.map((one) => one.pull.limit)
  expect(limits[0]).toBe(5000)
  expect(limits[1]).toBe(1000)
  expect(limits.at(-1)).toBe(5000)
  expect(await store.customer.count()).toBe(5)
})
