// Promises that are due are read from the visits the phone holds, with what waits laid over them.
import { expect, test } from 'vitest'
import { Customers } from './customers.ts'
import { enqueue } from './outbox.ts'
import { applyPage } from './pull.ts'
import { signedIn } from './testing.ts'
import { todayOf } from './today.ts'

test('promises that are due, the latest first, until they are kept or moved', async () => {
  const store = await signedIn()
  const up = [
    { t: 'customer', cols: ['_v', '_r', 'id', 'name'], v: [[1, 1], ['k1', 'k2'], ['k1', 'k2'], ['Minh', 'Hoa']] },
    { t: 'visit', cols: ['_v', '_r', 'id', 'customer_id', 'started_at', 'next_on'], v: [[1, 1, 1, 1], ['k1', 'k1', 'k1', 'k2'], ['a', 'b', 'c', 'd'], ['k1', 'k1', 'k1', 'k2'], Array(4).fill('2026-11-01T02:00:00Z'), ['2026-11-20', '2026-11-23', null, '2026-11-22']] },
  ]
  await applyPage(store, { v: 1, now: '2026-11-22T00:00:00Z', cursor: 'c', more: false, reset: true, up })
  const due = async () => (await todayOf(store, new Customers(store), '2026-11-22', Date.parse('2026-11-21T17:00:00Z'))).due
  expect(await due()).toEqual([{ id: 'd', root: 'k2', name: 'Hoa', due: '2026-11-22' }, { id: 'a', root: 'k1', name: 'Minh', due: '2026-11-20' }])
  await enqueue(store, { name: 'visit.edit', root: 'k2', label: { key: 'x' }, args: { id: 'd' }, overlay: [{ t: 'visit', id: 'd', row: { next_on: null } }] })
  expect((await due()).map((one) => one.id)).toEqual(['a'])
  await applyPage(store, { v: 1, now: '2026-11-22T00:00:00Z', cursor: 'd', more: false, drop: ['k1'] })
  expect(await due()).toEqual([])
})
