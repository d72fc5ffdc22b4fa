// Takes a page the office sent: rows, deletions, dropped customers and the cursor in ONE transaction, so that the phone
// is always exactly at some cursor. Runs in the worker; the page never parses or writes bulk rows.
import type { AddressRow, ConflictRow, ContactRow, CustomerRow, OrderRow, Row } from './rows.ts'
import type { Attention, CustomerDoc, Entry, HistChunk, Store } from './db.ts'
import type { Digest } from './digest.ts'
import { applyAcks, type Ack } from './outbox.ts'
import { rowsOf, unfold } from './vectors.ts'

export const REFERENCE = ['item', 'item_group', 'packaging', 'customer_group', 'reason']
/** Tables held whole, which the office can compare. */
export const WHOLE = [...REFERENCE, 'customer', 'address', 'contact']
const PARTS = { address: 'addresses', contact: 'contacts' } as const
/** Rows in one record of a customer's history. */
export const CHUNK = 300

export interface Page {
  v: number
  now: string
  acks?: Ack[]
  reset?: boolean
  drop?: string[]
  del?: [string, string[]][]
  up?: { t: string; cols: string[]; v: unknown[][] }[]
  /** Absent when the office takes but no longer gives (a phone it has shut out). */
  cursor?: string
  more?: boolean
  progress?: [number, number]
  window?: { history?: number }
  digest?: Digest
  min_schema?: number
  poll_s?: number
  wipe?: boolean
}

/** What a page changed, for whoever keeps things in memory. */
export interface Changed {
  /** Customers as they stand now. */
  customers: Map<string, CustomerDoc>
  dropped: string[]
  /** Everything before it was cleared away. */
  all: boolean
  /** The number of this change; none when no customer changed. */
  rev?: number
}

/**
 * Where a copy of everything under some keys stands: `pages` of it come one after another, or the `rest` that changed
 * meanwhile. The pages are snapshots of their own, so that a row that moves may come on two of them; it comes once more
 * with the rest (docs/sync.md), and only then it is worth looking for the place it left.
 */
type Copying = 'pages' | 'rest'
/** Which rows of a page may lie under another customer: none, any that was changed, or only such as are not where they belong. */
type Moved = 'none' | 'any' | 'unknown'
/** As many looks into the store cost as much as one at a whole stretch. */
const FEW = 50

/** Applies a page and the receipts that came with it. */
export async function applyPage(store: Store, page: Page, sent: readonly Entry[] = [], now = Date.now()): Promise<Changed> {
  const changed: Changed = { customers: new Map(), dropped: page.drop ?? [], all: page.reset === true }
  // The outbox is there only when there is something to take from it: without it this transaction need not wait for the disk.
  const tables = [store.meta, store.ref, store.customer, store.hist, store.journal, store.attention, ...(sent.length ? [store.outbox, store.overlay, store.blob] : [])]
  await store.transaction('rw', tables, async () => {
    if (page.reset) for (const table of [store.ref, store.customer, store.hist, store.attention]) await table.clear()
    const copying = page.reset ? undefined : await store.read<Copying>('copying')
    const whole = page.reset || !(await store.read<boolean>('ready'))
    const moved: Moved = page.reset || (copying === 'pages' && page.progress) ? 'none' : copying ? 'any' : 'unknown'
    page.up?.forEach(unfold)
    for (const block of page.up ?? []) await takeBlock(store, block, changed, moved)
    for (const [t, ids] of page.del ?? []) await remove(store, t, new Set(ids), changed)
    for (const root of page.drop ?? []) await drop(store, root)
    await applyAcks(store, sent, page.acks ?? [], now)
    if (page.cursor === undefined) return
    await store.write('cursor', page.cursor)
    if (page.progress) await store.write('progress', page.more ? page.progress : null)
    await store.write('copying', page.more ? (page.progress && copying !== 'rest' ? 'pages' : copying && 'rest') : undefined)
    if (!page.more) {
      await store.write('ready', true)
      await store.write('synced_at', now)
      if (page.window) await prune(store, page.window, now, whole)
    }
    if (!changed.all && !changed.customers.size && !changed.dropped.length) return
    changed.rev = ((await store.read<number>('rev')) ?? 0) + 1
    await store.write('rev', changed.rev)
  })
  return changed
}

async function takeBlock(store: Store, block: { t: string; cols: string[]; v: unknown[][] }, changed: Changed, moved: Moved): Promise<void> {
  if (REFERENCE.includes(block.t)) return takeReference(store, block)
  if (block.t === 'customer' || block.t in PARTS) return takeCustomers(store, block, changed)
  return takeHistory(store, block, moved)
}

async function takeReference(store: Store, block: { t: string; cols: string[]; v: unknown[][] }): Promise<void> {
  const held = (await store.ref.get(block.t)) ?? { t: block.t, rows: {} }
  for (const [row] of rowsOf(block)) held.rows[row.id] = row
  await store.ref.put(held)
}

async function takeCustomers(store: Store, block: { t: string; cols: string[]; v: unknown[][] }, changed: Changed): Promise<void> {
  const byRoot = new Map<string, Row[]>()
  for (const [row, root] of rowsOf(block)) {
    const id = block.t === 'customer' ? row.id : (root ?? (row.customer_id as string))
    byRoot.set(id, [...(byRoot.get(id) ?? []), row])
  }
  const ids = [...byRoot.keys()]
  const held = await docsOf(store, ids)
  const docs = ids.map((id) => {
    const doc: CustomerDoc = held.get(id) ?? { id, row: null, addresses: [], contacts: [] }
    for (const row of byRoot.get(id)!) {
      if (block.t === 'customer') doc.row = row as CustomerRow
      else if (block.t === 'address') replace(doc.addresses, row as AddressRow)
      else replace(doc.contacts, row as ContactRow)
    }
    changed.customers.set(id, doc)
    return doc
  })
  await store.customer.bulkPut(docs)
}

/**
 * The documents of some customers. Many come in the order of their ids: one look at the stretch they lie in costs a tenth
 * of a look for each, unless it holds far more than them.
 */
async function docsOf(store: Store, ids: string[]): Promise<Map<string, CustomerDoc>> {
  const sorted = [...ids].sort()
  const stretch = store.customer.where('id').between(sorted[0], sorted.at(-1), true, true)
  const many = ids.length > FEW && (await stretch.count()) <= 2 * ids.length
  const docs = many ? await stretch.toArray() : await store.customer.bulkGet(ids)
  return new Map(docs.flatMap((doc) => (doc ? [[doc.id, doc]] : [])))
}

function replace<T extends Row>(rows: T[], row: T): void {
  const at = rows.findIndex((one) => one.id === row.id)
  if (at < 0) rows.push(row)
  else rows[at] = row
}

async function takeHistory(store: Store, block: { t: string; cols: string[]; v: unknown[][] }, moved: Moved): Promise<void> {
  const t = block.t
  const byRoot = new Map<string, Map<string, Row>>()
  const suspects = new Map<string, string>()
  for (const [row, root] of rowsOf(block)) {
    const owner = root ?? 'self'
    let rows = byRoot.get(owner)
    if (!rows) byRoot.set(owner, (rows = new Map()))
    rows.set(row.id, row)
    // Only a row that was changed can have moved.
    if (moved !== 'none' && row._v > 1) suspects.set(row.id, owner)
  }
  const heads = await headsOf(store, t, [...byRoot.keys()])
  const puts = new Set<HistChunk>()
  for (const [root, incoming] of byRoot) {
    const head = heads.get(root)
    const chunks = !head?.last ? (head ? [head] : []) : await store.hist.where('[root+t+chunk]').between([root, t, 0], [root, t, head.last], true, true).toArray()
    for (const chunk of chunks) {
      chunk.rows = chunk.rows.map((row) => {
        const fresh = incoming.get(row.id)
        if (!fresh) return row
        incoming.delete(row.id)
        if (moved === 'unknown') suspects.delete(row.id)
        puts.add(chunk)
        return fresh
      })
    }
    for (const row of incoming.values()) {
      let room = chunks.at(-1)
      if (!room || room.rows.length >= CHUNK) {
        room = { root, t, chunk: chunks.length, rows: [] }
        chunks.push(room)
        const first = chunks[0]!
        if (room !== first) puts.add(Object.assign(first, { last: room.chunk }))
      }
      room.rows.push(row)
      puts.add(room)
    }
  }
  await store.hist.bulkPut([...puts])
  if (suspects.size) await unlink(store, t, suspects)
  if (t === 'order' || t === 'conflict') await attend(store, t, block)
}

/**
 * The first records of customers that have history. Of many customers most come for the first time: one look at the keys
 * of the stretch they lie in tells which do not, unless it holds far more than them.
 */
async function headsOf(store: Store, t: string, roots: string[]): Promise<Map<string, HistChunk>> {
  let keys = roots.sort().map((root): [string, string, number] => [root, t, 0])
  if (keys.length > FEW) {
    const most = 4 * keys.length
    const there = await store.hist.where('[root+t+chunk]').between(keys[0], keys.at(-1), true, true).limit(most).primaryKeys()
    const known = new Set(there.flatMap(([root, of]) => (of === t ? root : [])))
    if (there.length < most) keys = keys.filter(([root]) => known.has(root))
  }
  return new Map((await store.hist.bulkGet(keys)).flatMap((head) => (head ? [[head.root, head]] : [])))
}

/** What the user should answer: own orders whose price is another one, own values that lost against somebody else's. */
async function attend(store: Store, t: 'order' | 'conflict', block: { cols: string[]; v: unknown[][] }): Promise<void> {
  const held = new Set(await store.attention.toCollection().primaryKeys())
  const over: string[] = []
  const fresh: Attention[] = []
  for (const [row, root] of rowsOf(block)) {
    const order = row as OrderRow
    const lost = row as ConflictRow
    const price = t === 'order'
    const asked = price
      ? order.user_id === store.user && order.state === 'on_hold' && order.holds?.some((hold) => hold.kind === 'price' && hold.code !== 'PRICE_TAMPER_OR_BUG')
      : lost.lost_by === store.user && !lost.choice
    if (!asked && held.has(row.id)) over.push(row.id)
    if (asked && !held.has(row.id)) {
      fresh.push({ id: row.id, at: price ? order.placed_at : lost.lost_at, kind: price ? 'price' : 'conflict', root: root!, data: price ? { number: order.number } : { field: lost.field } })
    }
  }
  await store.attention.bulkDelete(over)
  await store.attention.bulkPut(fresh)
}

/** A row that moved to another customer (id -> where it is now) must not stay under the former one. */
async function unlink(store: Store, t: string, suspects: Map<string, string>): Promise<void> {
  await store.hist.where('t').equals(t).modify((chunk) => {
    const kept = chunk.rows.filter((row) => (suspects.get(row.id) ?? chunk.root) === chunk.root)
    if (kept.length === chunk.rows.length) return false
    chunk.rows = kept
    return true
  })
}

async function remove(store: Store, t: string, ids: Set<string>, changed: Changed): Promise<void> {
  if (REFERENCE.includes(t)) {
    const held = await store.ref.get(t)
    if (!held) return
    for (const id of ids) delete held.rows[id]
    await store.ref.put(held)
  } else if (t === 'customer') {
    await store.customer.bulkDelete([...ids])
    changed.dropped = [...changed.dropped, ...ids]
  } else if (t in PARTS) {
    const part = PARTS[t as keyof typeof PARTS]
    await store.customer.toCollection().modify((doc) => {
      const kept = (doc[part] as Row[]).filter((row) => !ids.has(row.id))
      if (kept.length === doc[part].length) return false
      Object.assign(doc, { [part]: kept })
      changed.customers.set(doc.id, doc)
      return true
    })
  } else {
    await store.hist.where('t').equals(t).modify((chunk) => {
      const kept = chunk.rows.filter((row) => !ids.has(row.id))
      if (kept.length === chunk.rows.length) return false
      chunk.rows = kept
      return true
    })
    await store.attention.bulkDelete([...ids])
  }
}

/** A customer that is no longer the user's to see leaves with everything under it. The outbox is not touched. */
async function drop(store: Store, root: string): Promise<void> {
  await store.customer.delete(root)
  await store.hist.where('[root+t+chunk]').between([root, '', 0], [root, '\uffff', Infinity]).delete()
  await store.attention.where('root').equals(root).delete()
}

/** Visits older than the office's window leave once a day; open things and orders stay. The office did not send any in a copy of all (`whole`). */
async function prune(store: Store, window: { history?: number }, now: number, whole: boolean): Promise<void> {
  const day = new Date(now).toISOString().slice(0, 10)
  if (!window.history || (await store.read<string>('pruned_on')) === day) return
  if (!whole) {
    const oldest = new Date(now - window.history * 86_400_000).toISOString()
    await store.hist.where('t').equals('visit').modify((chunk) => {
      const kept = chunk.rows.filter((row) => typeof row.started_at !== 'string' || row.started_at >= oldest || typeof row.next_on === 'string')
      if (kept.length === chunk.rows.length) return false
      chunk.rows = kept
      return true
    })
    await store.journal.where('acked_at').below(new Date(now - 30 * 86_400_000).toISOString()).delete()
  }
  await store.write('pruned_on', day)
}
