// A file of unsent work: opens with its password only, and what it carries reaches the office once, from whichever phone.
import { expect, test } from 'vitest'
import { NotTaken, pack, unpack } from './carrying.ts'
import { Store } from './db.ts'
import { desk, type Session } from './desk.ts'
import { exchange } from './exchange.ts'
import { newId } from './ids.ts'
import { enqueue, unsent } from './outbox.ts'
import { office, signedIn } from './testing.ts'

async function dyingPhone() {
  const store = await signedIn()
  const visit = newId()
  const photo = newId()
  await store.blob.put({ id: photo, st: 'draft', owner_id: '', data: new Uint8Array([1, 2, 3]).buffer, sha256: 'ab', size: 3, mime: 'image/jpeg', taken_at: new Date().toISOString(), tries: 0, next_at: 0 })
  await enqueue(store, { name: 'visit.log', root: 'r1', label: { key: 'outbox.visit' }, args: { id: visit, customer_id: 'r1', note: 'gặp chị Hoa' }, overlay: [{ t: 'visit', id: visit, row: { customer_id: 'r1' } }], photos: [{ id: photo, owner: 'visit' }] })
  return { store, visit, photo }
}
/** The same person signs in on another phone: another device, an empty store. */
async function otherPhone(old: Store): Promise<Store> {
  const session = (await desk.session()) as Session
  const bytes = await old.outbox.toArray()
  expect(bytes.length).toBeGreaterThan(0)
  old.close()
  await old.delete()
  await desk.write('session', { ...session, device: newId() })
  return new Store(old.user)
}
const why = (reason: unknown) => (reason instanceof NotTaken ? reason.why : reason)

test('work carried to another phone arrives with its photos, and the first phone’s numbers are accounted for', async () => {
  const { store, visit, photo } = await dyingPhone()
  const first = (await desk.session())!.device
  const before = await store.outbox.orderBy('n').toArray()
  const file = await (await pack(store, 'mật khẩu dài')).arrayBuffer()
  const other = await otherPhone(store)
  expect(await unpack(other, file, 'mật khẩu dài')).toBe(2)
  expect((await other.overlay.where('t').equals('visit').first())?.id).toBe(visit)
  const there = office()
  expect(await exchange(other)).toBe('done')
  expect(there.applied).toEqual([visit, photo])
  expect(there.files.get(photo)).toEqual(new Uint8Array([1, 2, 3]))
  const sent = there.asked.flatMap((one) => one.push)
  expect(sent.slice(0, 2).map((one) => one.id)).toEqual(before.map((one) => one.id))
  expect(sent[2]!.args).toMatchObject({ device: first, reason: 'handed-in-elsewhere', what: before.map(({ n, id, name }) => ({ n, id, name })) })
  expect(await unsent(other)).toEqual({ items: 0, photos: 0, attention: 0 })
})

test('a file taken twice, or after its work was sent, adds nothing', async () => {
  const { store } = await dyingPhone()
  const file = await (await pack(store, 'x')).arrayBuffer()
  expect(await unpack(store, file, 'x')).toBe(0)
  office()
  await exchange(store)
  expect(await unpack(store, file, 'x')).toBe(0)
  expect(await store.outbox.count()).toBe(0)
})

test('a wrong password, a changed byte, another file and another person’s file are told apart and change nothing', async () => {
  const { store } = await dyingPhone()
  const file = await (await pack(store, 'đúng')).arrayBuffer()
  const damaged = file.slice(0)
  new Uint8Array(damaged)[damaged.byteLength - 1]! ^= 1
  const stranger = await signedIn()
  for (const [bytes, password, told] of [[file, 'sai', 'password'], [damaged, 'đúng', 'password'], [new TextEncoder().encode('{}').buffer, 'đúng', 'format'], [new ArrayBuffer(0), '', 'format'], [file, 'đúng', 'person']] as const) {
    expect(await unpack(stranger, bytes, password).catch(why)).toBe(told)
  }
  expect(await stranger.outbox.count()).toBe(0)
})

test('the file shows nobody what is in it', async () => {
  const { store } = await dyingPhone()
  const text = new TextDecoder('latin1').decode(await (await pack(store, 'x')).arrayBuffer())
  expect(text).not.toContain('visit.log')
  expect(text).not.toContain(store.user)
})
