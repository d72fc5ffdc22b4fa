// The app dies at its k-th access to the store, then at the k+1st, until it does not die any more: what was entered is
// there whole or not at all, and everything arrives once. And the same with a store that has no room left.
import { expect, test } from 'vitest'
import { Store } from './db.ts'
import { exchange } from './exchange.ts'
import { newId } from './ids.ts'
import { enqueue, hurry, unsent } from './outbox.ts'
import { office, signedIn } from './testing.ts'

const ACCESSES = { IDBObjectStore: ['add', 'put', 'delete', 'get', 'getAll', 'getAllKeys', 'openCursor', 'count'], IDBIndex: ['get', 'getAll', 'getAllKeys', 'getKey', 'openCursor', 'openKeyCursor', 'count'] } as const
/** Every access when somebody has the time (`EVERY=1`), else every third, another third each time. */
const EVERY = Number(process.env.EVERY ?? 3)
const WRITES = ['add', 'put', 'delete']

/** Breaks the k-th access to a user's store with `fault`, and all later ones too if the app is dead; counts them. */
function breaking(k: number, fault: string, dead: boolean, only: readonly string[] | null = null) {
  const state = { count: 0, broken: false }
  let died!: () => void
  const death = new Promise<void>((resolve) => (died = resolve))
  const undo: (() => void)[] = []
  for (const [kind, names] of Object.entries(ACCESSES)) {
    const prototype = (globalThis as unknown as Record<string, { prototype: Record<string, (...more: unknown[]) => unknown> }>)[kind]!.prototype
    for (const name of names) {
      const real = prototype[name]
      if (!real || (only && !only.includes(name))) continue
      prototype[name] = function (this: IDBObjectStore & IDBIndex, ...more: unknown[]) {
        const transaction = this.transaction ?? this.objectStore.transaction
        if (!transaction.db.name.startsWith('fs_')) return real.apply(this, more)
        if (++state.count === k || (dead && state.broken)) {
          state.broken = true
          if (dead) {
            died()
            try { transaction.abort() } catch { /* it has ended already */ }
          }
          throw new DOMException('broken on purpose', fault)
        }
        return real.apply(this, more)
      }
      undo.push(() => (prototype[name] = real))
    }
  }
  /** Until the work is done or the app is dead; nobody hears how the work of a dead app went on. */
  const live = async (work: Promise<unknown>) => {
    work.catch(() => undefined)
    await Promise.race([work.catch(() => undefined), death.then(() => new Promise((resolve) => setTimeout(resolve, 3)))])
  }
  return { state, live, mend: () => undo.forEach((one) => one()) }
}

async function draftPhoto(store: Store): Promise<string> {
  const id = newId()
  await store.blob.put({ id, st: 'draft', owner_id: '', data: new Uint8Array(300_000).buffer, sha256: 'a', size: 300_000, mime: 'image/jpeg', taken_at: new Date().toISOString(), tries: 0, next_at: 0 })
  return id
}

const visit = (store: Store, id: string, photo: string) =>
  enqueue(store, { name: 'visit.log', root: 'r1', label: { key: 'outbox.visit' }, args: { id, customer_id: 'r1' }, overlay: [{ t: 'visit', id, row: { customer_id: 'r1' } }], photos: [{ id: photo, owner: 'visit' }], draft: `visit/${id}` })

/** All of what was entered, or none of it. */
async function kept(store: Store, id: string, photo: string): Promise<boolean> {
  const entries = await store.outbox.toArray()
  const own = entries.filter((one) => one.entity === id || one.entity === photo)
  const blob = await store.blob.get(photo)
  const parts = [own.length === 2, blob?.st === 'queued', (await store.overlay.where('t').equals('visit').toArray()).some((row) => row.id === id), !(await store.draft.get(`visit/${id}`))]
  expect(new Set(parts).size, `whole or not at all: ${JSON.stringify(parts)}`).toBe(1)
  return parts[0]!
}

async function settle(store: Store): Promise<void> {
  for (let round = 0; round < 8; round++) {
    await hurry(store)
    await exchange(store)
    const left = await unsent(store)
    if (!left.items && !left.photos) return
  }
}

async function arrived(store: Store, there: ReturnType<typeof office>, id: string, photo: string, refused: string): Promise<void> {
  expect(there.applied.filter((one) => one === id), 'once').toHaveLength(1)
  expect(there.applied.filter((one) => one === photo)).toHaveLength(1)
  expect([...there.files].map(([key, bytes]) => [key, bytes.length])).toEqual([[photo, 300_000]])
  const left = await store.outbox.toArray()
  expect(left.map((one) => [one.entity, one.st]), 'what was refused waits for its person').toEqual([[refused, 'rejected']])
  expect((await store.overlay.toArray()).map((row) => row.id)).toEqual([refused])
  expect((await store.journal.toArray()).map((one) => one.name).toSorted()).toEqual(['attachment.add', 'visit.log'])
  const chained = there.asked.flatMap((one) => one.push).toSorted((a, b) => a.n - b.n)
  for (const one of chained) if (one.prev) expect(chained.some((before) => before.chain === one.prev), 'the line of operations has no hole').toBe(true)
}

test('entering: killed at any access to the store, it is there whole or not at all', async () => {
  let k = 1
  for (; k < 200; k++) {
    let store = await signedIn()
    const there = office()
    const [id, photo] = [newId(), await draftPhoto(store)]
    await store.draft.put({ key: `visit/${id}`, value: {}, at: 1 })
    const death = breaking(k, 'AbortError', true)
    await death.live(visit(store, id, photo))
    store.close()
    death.mend()
    store = new Store(store.user)
    if (!(await kept(store, id, photo))) await visit(store, id, photo)
    await settle(store)
    expect(there.applied.filter((one) => one === id)).toHaveLength(1)
    expect(there.files.get(photo)).toHaveLength(300_000)
    store.close()
    if (!death.state.broken) break
  }
  expect(k, 'there were accesses to die at').toBeGreaterThan(8)
}, 120_000)

test('talking: killed at any access to the store, everything arrives once and nothing leaves without a receipt', async () => {
  let k = 1 + Math.floor(Math.random() * EVERY)
  for (; k < 900; k += EVERY) {
    let store = await signedIn()
    const there = office()
    const [id, photo, refused] = [newId(), await draftPhoto(store), newId()]
    there.refuse.add(refused)
    await visit(store, id, photo)
    await enqueue(store, { name: 'expense.claim', root: null, label: { key: 'outbox.expense' }, args: { id: refused }, overlay: [{ t: 'expense', id: refused, row: {} }] })
    const death = breaking(k, 'AbortError', true)
    await death.live(exchange(store))
    store.close()
    death.mend()
    store = new Store(store.user)
    const receipts = new Set([...there.receipts].filter(([, one]) => one.st === 'applied').map(([key]) => key))
    const held = new Set((await store.outbox.toArray()).map((one) => one.id))
    const journal = new Set((await store.journal.toArray()).map((one) => one.id))
    for (const sent of there.asked.flatMap((one) => one.push)) {
      expect(held.has(sent.id) || (journal.has(sent.id) && receipts.has(sent.id)), `killed at ${k}: ${sent.name} left without a receipt`).toBe(true)
      expect(held.has(sent.id) && journal.has(sent.id), 'it is in one place').toBe(false)
    }
    await settle(store)
    await arrived(store, there, id, photo, refused)
    store.close()
    if (!death.state.broken) break
  }
  expect(k, 'there were accesses to die at').toBeGreaterThan(30)
}, 240_000)

test('no room left: whoever enters is told, nothing is half there, and the next try succeeds', async () => {
  let k = 1
  for (; k < 100; k++) {
    const store = await signedIn()
    const there = office()
    const [id, photo] = [newId(), await draftPhoto(store)]
    await store.draft.put({ key: `visit/${id}`, value: {}, at: 1 })
    const full = breaking(k, 'QuotaExceededError', false, WRITES)
    const said = await visit(store, id, photo).then(() => null, (reason: unknown) => reason)
    full.mend()
    expect(await kept(store, id, photo)).toBe(said === null)
    expect(said === null).toBe(!full.state.broken)
    if (said !== null) await visit(store, id, photo)
    await settle(store)
    expect(there.applied.filter((one) => one === id)).toHaveLength(1)
    const numbers = there.asked.flatMap((one) => one.push.map((sent) => [sent.n, sent.id] as const))
    expect(new Set(numbers.map(([n]) => n)).size).toBe(new Set(numbers.map(([, key]) => key)).size)
    store.close()
    if (!full.state.broken) break
  }
  expect(k, 'there were writes to fail at').toBeGreaterThan(5)
}, 120_000)
