// A new shape of the store, opened over the shape before it with a full outbox: everything that waits is still there.
import Dexie from 'dexie'
import { expect, test } from 'vitest'
import { Store } from './db.ts'
import { exchange } from './exchange.ts'
import { desk } from './desk.ts'
import { newId } from './ids.ts'
import { office, signedIn } from './testing.ts'
import { keepingUnsent } from './upgrading.ts'

/** The shape of the release before this one, as it was written then. */
const BEFORE = { meta: 'k', ref: 't', customer: 'id', hist: '[root+t+chunk], t', agenda: 'id, due, root', overlay: '[t+id+n], t, n, root', outbox: '++n, &id, st, lane, entity', blob: 'id, st, owner_id', journal: 'id, n, acked_at', attention: 'id', draft: 'key', book: 'version, at' }

async function formerPhone(): Promise<{ user: string; ids: string[]; photo: string }> {
  const store = await signedIn()
  const user = store.user
  store.close()
  const former = new Dexie(`fs_${user}`)
  former.version(1).stores(BEFORE)
  await former.open()
  const ids = Array.from({ length: 120 }, newId)
  const entry = (id: string, i: number) => ({ id, name: 'visit.log', tv: 1, args: { id: newId(), customer_id: `k${i % 7}`, note: 'chưa gửi' }, lane: `k${i % 7}`, deps: [], entity: newId(), at: '2026-11-22T01:00:00Z', st: i % 9 === 8 ? 'sending' : 'queued', next_at: 0, tries: 0, label: { key: 'outbox.visit' } })
  await former.table('outbox').bulkAdd(ids.map(entry))
  await former.table('overlay').bulkPut(ids.map((id, i) => ({ t: 'visit', id, n: i + 1, root: 'k1', row: { note: 'chưa gửi' } })))
  const photo = newId()
  await former.table('blob').put({ id: photo, st: 'queued', owner_id: 'v', data: new Uint8Array([1, 2, 3]).buffer, sha256: 'a', size: 3, mime: 'image/jpeg', taken_at: '2026-11-22T01:00:00Z', tries: 0, next_at: 0 })
  await former.table('draft').put({ key: 'lead', value: { name: 'viết dở' }, at: 1 })
  await former.table('attention').put({ id: 'o1', at: 'x', kind: 'price', data: { number: 'SO-1', customer: 'k1' }, left: true })
  await former.table('hist').put({ root: 'k1', t: 'visit', chunk: 0, rows: [{ id: 'v1', _v: 1, customer_id: 'k1', next_on: '2026-11-22' }] })
  await former.table('agenda').put({ id: 'v1', due: '2026-11-22', root: 'k1', t: 'visit' })
  former.close()
  return { user, ids, photo }
}

test('the former shape with a full outbox becomes today’s, and everything that waited is sent once', async () => {
  const { user, ids, photo } = await formerPhone()
  const store = new Store(user)
  expect(store.verno).toBe(3)
  expect((await store.outbox.orderBy('n').toArray()).map((entry) => entry.id)).toEqual(ids)
  expect(await store.overlay.count()).toBe(120)
  expect(new Uint8Array((await store.blob.get(photo))!.data!)).toEqual(new Uint8Array([1, 2, 3]))
  expect((await store.draft.get('lead'))!.value).toEqual({ name: 'viết dở' })
  expect(await store.attention.toArray()).toEqual([{ id: 'o1', at: 'x', kind: 'price', data: { number: 'SO-1', customer: 'k1' }, left: true, root: 'k1' }])
  expect((await store.hist.toArray()).map((chunk) => chunk.rows.length)).toEqual([1])
  expect([...store.backendDB().objectStoreNames]).not.toContain('agenda')
  const there = office()
  expect((await desk.session())!.me.id).toBe(user)
  expect(await exchange(store)).toBe('done')
  expect(there.applied).toHaveLength(120)
  expect(there.files.size).toBe(1)
  expect(await store.outbox.count()).toBe(0)
})

test('an upgrade that would lose something unsent does not happen, and the former shape stays whole', async () => {
  const { user, ids } = await formerPhone()
  class Careless extends Store {
    constructor(of: string) {
      super(of)
      this.version(4).upgrade((tx) => keepingUnsent(tx, () => tx.table('outbox').where('n').above(100).delete()))
    }
  }
  const careless = new Careless(user)
  await expect(careless.open()).rejects.toThrow('would lose 20 records')
  careless.close()
  const store = new Store(user)
  expect((await store.outbox.orderBy('n').toArray()).map((entry) => entry.id)).toEqual(ids)
})

test('an upgrade that rewrites what waits is let through', async () => {
  const { user } = await formerPhone()
  class Careful extends Store {
    constructor(of: string) {
      super(of)
      this.version(4).upgrade((tx) => keepingUnsent(tx, () => tx.table('outbox').toCollection().modify({ tv: 2 })))
    }
  }
  const store = new Careful(user)
  expect((await store.outbox.toArray()).every((entry) => entry.tv === 2)).toBe(true)
  expect(await store.outbox.count()).toBe(120)
})
