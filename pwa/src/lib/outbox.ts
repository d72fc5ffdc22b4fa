// What waits to be sent. Every write of the user is one transaction: the entry, what the screen will show, its photos.
//
//   queued -> sending -> (receipt) gone to the journal
//                     -> conflict | rejected : needs the user        blocked: waits for one of those
//                     -> queued again (network, held) with a later `next_at`
//                     -> parked: failed at the office eight times by itself; reported, the rest goes on
import type { ProblemBody } from './api.ts'
import { append } from './chain.ts'
import type { Entry, Overlay, Store } from './db.ts'
import { desk } from './desk.ts'
import { newId } from './ids.ts'

export const PUSH_LIMIT = 50
/** Below the 256 KB the office takes, the envelope included. */
export const PUSH_BYTES = 200 * 1024
export const PARK_AFTER = 8
/** Columns of arguments that name a thing: where what makes it waits itself, that must go first. */
const REFERENCES = ['id', 'customer_id', 'visit_id', 'owner_id', 'order_id', 'ship_address_id', 'request_id']
/** What makes a thing. A change of one that was refused is no reason to hold back what is done with it. */
const MAKES = ['customer.create', 'visit.log', 'expense.claim', 'order.place', 'contact.save']

/** The note about what a person took back; not work of theirs, so it is not counted as such. */
export const WITHDRAW = 'outbox.withdraw'

export interface Draftable {
  name: string
  args: Record<string, unknown> & { id: string }
  /** The customer it belongs to; null = the user's own. Mutations of one lane keep their order. */
  root: string | null
  label: Entry['label']
  base?: Entry['base']
  /** Rows as they will look, shown until the office answers. */
  overlay?: { t: string; id: string; row: Record<string, unknown> }[]
  /** Photos (ids in `blob`) that belong to it, already added with `owner_id`. */
  photos?: { id: string; owner: 'visit' | 'expense'; lat?: number; lon?: number }[]
  /** Draft that is done with. */
  draft?: string
  edit?: string
  /** The question (`attention`) this answers. */
  answers?: string
}

/** Puts what the user did into the outbox, with everything that shows it, in one transaction. Returns its `n`. */
export async function enqueue(store: Store, wanted: Draftable | Draftable[], now = new Date()): Promise<number[]> {
  const all = Array.isArray(wanted) ? wanted : [wanted]
  return store.transaction('rw', TABLES(store), async () => {
    const numbers: number[] = []
    for (const one of all) numbers.push(...(await put(store, one, now)))
    return numbers
  })
}

async function put(store: Store, one: Draftable, now: Date): Promise<number[]> {
  const args = structuredClone(one.args)
  const n = await add(store, { name: one.name, args, lane: one.root ?? 'self', label: one.label, base: one.base, entity: one.args.id, edit: one.edit }, now)
  const numbers = [n]
  const rows: Overlay[] = (one.overlay ?? []).map((row) => ({ t: row.t, id: row.id, n, root: one.root ?? 'self', row: structuredClone(row.row) }))
  if (rows.length) await store.overlay.bulkPut(rows)
  for (const photo of one.photos ?? []) {
    const blob = await store.blob.get(photo.id)
    if (!blob) continue
    const { size, mime, sha256, taken_at } = blob
    const said = { id: photo.id, owner: photo.owner, owner_id: one.args.id, sha256, size, mime, taken_at, ...(photo.lat === undefined ? {} : { lat: photo.lat, lon: photo.lon }) }
    const m = await add(store, { name: 'attachment.add', args: said, lane: one.root ?? 'self', label: { key: 'outbox.photo' }, entity: photo.id }, now)
    await store.blob.update(photo.id, { st: 'queued', owner_id: one.args.id, next_at: 0, tries: 0 })
    await store.overlay.put({ t: 'attachment', id: photo.id, n: m, root: one.root ?? 'self', row: { ...said, customer_id: one.root, state: 'pending' } })
    numbers.push(m)
  }
  if (one.draft) await store.draft.delete(one.draft)
  if (one.answers) await store.attention.update(one.answers, { left: true })
  return numbers
}

type Fresh = Pick<Entry, 'name' | 'args' | 'lane' | 'label' | 'base' | 'entity' | 'edit'>

async function add(store: Store, fresh: Fresh, now: Date): Promise<number> {
  const entry: Omit<Entry, 'n'> = { ...fresh, id: newId(), tv: 1, deps: await depsOf(store, fresh.args), at: now.toISOString(), st: 'queued', next_at: 0, tries: 0 }
  if (entry.base === undefined) delete entry.base
  if (entry.edit === undefined) delete entry.edit
  return append(store, entry)
}

async function depsOf(store: Store, args: Record<string, unknown>): Promise<string[]> {
  const named = REFERENCES.map((key) => args[key]).filter((value): value is string => typeof value === 'string')
  const waiting = named.length ? await store.outbox.where('entity').anyOf(named).toArray() : []
  // The first word about a thing makes it; its lane keeps the later ones in order.
  const first = new Map(waiting.filter((entry) => MAKES.includes(entry.name) && !entry.base).reverse().map((entry) => [entry.entity, entry.id]))
  return [...first.values()]
}

/** Seconds to wait after the k-th failure: 2^k, at most 15 minutes, a fifth of chance either way. */
export function backoff(failures: number, chance = Math.random()): number {
  return Math.min(2 ** failures, 900) * (0.8 + 0.4 * chance)
}

/** The longest that anything is told to wait, and an hour, ms: a photo for the room of the next day. */
const LONGEST_WAIT = 25 * 3_600_000

/** Whether what waits until that moment may go. A moment beyond any wait was written by a clock that has been put right since. */
export const due = (moment: number, now: number): boolean => moment <= now || moment > now + LONGEST_WAIT

/** What may be sent now, in order: lanes keep theirs, and an entry waits for everything it depends on. */
export function pick(entries: readonly Entry[], now: number, limit = PUSH_LIMIT): Entry[] {
  const stopped = new Set<string>()
  const waiting = new Set(entries.map((entry) => entry.id))
  const chosen: Entry[] = []
  let bytes = 0
  for (const entry of [...entries].sort((a, b) => a.n - b.n)) {
    if (entry.st !== 'queued' && entry.st !== 'sending') continue
    const ready = due(entry.next_at, now) && !stopped.has(entry.lane) && entry.deps.every((dep) => !waiting.has(dep))
    if (!ready) {
      stopped.add(entry.lane)
      continue
    }
    const size = JSON.stringify(entry.args).length + 300
    if (chosen.length === limit || (chosen.length && bytes + size > PUSH_BYTES)) break
    bytes += size
    chosen.push(entry)
    waiting.delete(entry.id) // what depends on it may ride behind it in the same request
  }
  return chosen
}

/** One mutation as it crosses the wire. */
export function wire(entry: Entry, skew: number): Record<string, unknown> {
  const { id, n, name, tv, lane, deps, at, base, args, prev, chain } = entry
  return { id, n, name, tv, lane, deps, at, skew_ms: Math.round(skew), ...(base ? { base } : {}), args, prev, chain }
}

/** Highest number up to which the office has answered everything. */
export async function ackedUpTo(store: Store): Promise<number> {
  const entries = await store.outbox.toArray()
  const open = entries.filter((entry) => entry.st !== 'conflict' && entry.st !== 'rejected').map((entry) => entry.n)
  if (open.length) return Math.min(...open) - 1
  return Math.max(0, (await store.journal.orderBy('n').last())?.n ?? 0, ...entries.map((entry) => entry.n))
}

export interface Ack {
  id: string
  st: 'applied' | 'conflict' | 'rejected' | 'held'
  dup?: boolean
  rows?: [string, string, number][]
  result?: unknown
  problem?: ProblemBody
  current?: unknown
  retry_after?: number
  /** When the office took it, and its signature under that; not for what is held. */
  at?: string
  sig?: string
}

/** Takes the office's answers; call it inside the transaction that also takes the pulled rows. */
export async function applyAcks(store: Store, sent: readonly Entry[], acks: readonly Ack[], now = Date.now()): Promise<void> {
  const answers = new Map(acks.map((ack) => [ack.id, ack]))
  const refused = new Set<string>()
  for (const entry of sent) {
    const ack = answers.get(entry.id)
    // What rode behind a refused mutation was refused or held for its sake: it waits for that one to be mended.
    if (ack?.st !== 'applied' && entry.deps.some((dep) => refused.has(dep))) {
      refused.add(entry.id)
      await store.outbox.update(entry.n, { st: 'blocked' })
      continue
    }
    if (ack?.st === 'conflict' || ack?.st === 'rejected') refused.add(entry.id)
    if (ack?.st === 'applied') await applied(store, entry, ack, now)
    else if (ack?.st === 'conflict' || ack?.st === 'rejected') {
      await store.outbox.update(entry.n, { st: ack.st, problem: ack.problem, current: ack.current })
      await block(store, entry.id)
    } else {
      const wait = ack ? (ack.retry_after ?? backoff(entry.tries + 1)) : backoff(entry.tries + 1)
      await store.outbox.update(entry.n, { st: 'queued', tries: entry.tries + (ack ? 0 : 1), next_at: now + wait * 1000 })
    }
  }
}

async function applied(store: Store, entry: Entry, ack: Ack, now: number): Promise<void> {
  await store.outbox.delete(entry.n)
  await store.overlay.where('n').equals(entry.n).delete()
  const { id, n, name, at, label, chain } = entry
  await store.journal.put({ id, n, name, at, label, chain, received_at: ack.at, sig: ack.sig, acked_at: new Date(now).toISOString(), result: ack.result })
}

/** Marks everything that hangs on a refused mutation; it is freed when that one is mended, or goes with it. */
async function block(store: Store, id: string): Promise<void> {
  for (const entry of await dependants(store, id)) if (entry.st === 'queued' || entry.st === 'sending') await store.outbox.update(entry.n, { st: 'blocked' })
}

/** Everything that waits for a mutation, directly or through another. */
export async function dependants(store: Store, id: string): Promise<Entry[]> {
  const all = await store.outbox.toArray()
  const found = new Map<string, Entry>()
  const walk = (parent: string) => {
    for (const entry of all) if (entry.deps.includes(parent) && !found.has(entry.id)) {
      found.set(entry.id, entry)
      walk(entry.id)
    }
  }
  walk(id)
  return [...found.values()]
}

const TABLES = (store: Store) => [store.outbox, store.overlay, store.blob, store.draft, store.journal, store.meta, store.attention]

/** Sends a refused mutation again with other arguments: a new mutation (new id, new number), its dependants behind it. */
export async function mend(store: Store, n: number, args?: Entry['args'], overlay?: Record<string, unknown>): Promise<void> {
  const device = await ownDevice()
  await store.transaction('rw', TABLES(store), async () => {
    const old = await store.outbox.get(n)
    if (!old) return
    const behind = (await dependants(store, old.id)).sort((a, b) => a.n - b.n)
    // The office remembers its answer to every id, so whatever may have been answered goes under a new one.
    const renamed = new Map([old, ...behind].map((entry) => [entry.id, newId()]))
    const again = (entry: Entry): Entry => ({ ...entry, id: renamed.get(entry.id)!, deps: entry.deps.map((dep) => renamed.get(dep) ?? dep) })
    await renumber(store, { ...again(old), args: args ?? old.args }, overlay)
    for (const entry of behind) await renumber(store, again(entry))
    await withdraw(store, device, [old, ...behind], 'mended')
    // What hangs on a second refused mutation goes on waiting for that one.
    for (const entry of await store.outbox.where('st').anyOf('conflict', 'rejected').toArray()) await block(store, entry.id)
  })
}

/** Puts an entry at the end of the line, with what the screen shows for it. */
async function renumber(store: Store, entry: Entry, overlay?: Record<string, unknown>): Promise<void> {
  const { n: old, problem: _, current: __, prev: ___, chain: ____, ...rest } = entry
  await store.outbox.delete(old)
  const n = await append(store, { ...rest, st: 'queued', tries: 0, next_at: 0 })
  const rows = await store.overlay.where('n').equals(old).toArray()
  await store.overlay.where('n').equals(old).delete()
  await store.overlay.bulkPut(rows.map((row) => ({ ...row, n, row: { ...row.row, ...overlay } })))
}

const ownDevice = async (): Promise<string> => (await desk.session())?.device ?? ''

/** Tells the office which numbers will not come, and why: its ledger of this phone has no holes. */
export async function withdraw(store: Store, device: string, gone: readonly Entry[], reason: string): Promise<void> {
  const what = gone.filter((entry) => entry.name !== WITHDRAW).map(({ n, id, name }) => ({ n, id, name }))
  if (!device || !what.length) return
  await add(store, { name: WITHDRAW, args: { id: newId(), device, what, reason }, lane: 'self', label: { key: 'outbox.taken-back' }, entity: '' }, new Date())
}

/** Drops a mutation and everything that hangs on it, photos included. Only ever called on the user's word, with theirs. */
export async function discard(store: Store, n: number, reason: string): Promise<number> {
  const device = await ownDevice()
  return store.transaction('rw', TABLES(store), async () => {
    const entry = await store.outbox.get(n)
    if (!entry) return 0
    const gone = [entry, ...(await dependants(store, entry.id))]
    for (const one of gone) {
      await store.outbox.delete(one.n)
      await store.overlay.where('n').equals(one.n).delete()
      if (one.name === 'attachment.add') await store.blob.delete(one.entity)
      // The answer was taken back, so the question stands again.
      if (one.name === 'conflict.settle') await store.attention.update(one.entity, { left: false })
    }
    await withdraw(store, device, gone, reason)
    return gone.length
  })
}

/** Lets everything that may be sent be sent now, whatever it was waiting for (the user tapped "send now"). */
export async function hurry(store: Store): Promise<void> {
  await store.transaction('rw', [store.outbox, store.blob, store.meta], async () => {
    await store.outbox.where('st').anyOf('queued', 'sending').modify({ next_at: 0 })
    await store.outbox.where('st').equals('parked').modify({ st: 'queued', tries: 0, next_at: 0 })
    await store.blob.where('st').equals('queued').modify({ next_at: 0 })
    await store.meta.delete('net')
  })
}

export interface Unsent {
  /** Mutations without their photos' own. */
  items: number
  photos: number
  /** What needs the user: what was refused, photos included, and questions of the office. */
  attention: number
}

/** What has not reached the office. A photo counts once, whether its row, its bytes or both still wait. */
export async function unsent(store: Store): Promise<Unsent> {
  const entries = await store.outbox.toArray()
  const photos = new Set(entries.filter((entry) => entry.name === 'attachment.add').map((entry) => entry.entity))
  for (const id of await store.blob.where('st').anyOf('queued', 'refused').primaryKeys()) photos.add(id)
  const spurned = await store.blob.where('st').equals('refused').count()
  const items = entries.filter((entry) => entry.name !== 'attachment.add' && entry.name !== WITHDRAW)
  const asked = await store.attention.filter((one) => !one.left).count()
  return { items: items.length, photos: photos.size, attention: asked + spurned + entries.filter((entry) => !['queued', 'sending', 'blocked'].includes(entry.st)).length }
}
