// Takes a page the office sent: rows, deletions, dropped customers and the cursor in ONE transaction, so that the phone
// is always exactly at some cursor. Runs in the worker; the page never parses or writes bulk rows.
import type { AddressRow, ConflictRow, ContactRow, CustomerRow, OrderRow, Row } from './rows.ts'
import type { CustomerDoc, Entry, HistChunk, Store } from './db.ts'
import type { Digest } from './digest.ts'
import { applyAcks, type Ack } from './outbox.ts'

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

/** Column vectors -> rows; `_r` (what owns the row) travels beside. */
export function* rowsOf(block: { cols: string[]; v: unknown[][] }): Generator<[Row, string | null]> {
  const count = block.v[0]?.length ?? 0
  const root = block.cols.indexOf('_r')
  for (let i = 0; i < count; i++) {
    const row: Record<string, unknown> = {}
    for (let c = 0; c < block.cols.length; c++) if (c !== root) row[block.cols[c]!] = block.v[c]![i]
    yield [row as Row, root < 0 ? null : ((block.v[root]![i] as string | null) ?? null)]
  }
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

/** Applies a page and the receipts that came with it. */
export async function applyPage(store: Store, page: Page, sent: readonly Entry[] = [], now = Date.now()): Promise<Changed> {
  const changed: Changed = { customers: new Map(), dropped: page.drop ?? [], all: page.reset === true }
  const tables = [store.meta, store.ref, store.customer, store.hist, store.agenda, store.outbox, store.overlay, store.journal, store.blob, store.attention]
  await store.transaction('rw', tables, async () => {
    if (page.reset) for (const table of [store.ref, store.customer, store.hist, store.agenda, store.attention]) await table.clear()
    const first = page.reset || !(await store.read<boolean>('ready'))
    for (const block of page.up ?? []) await takeBlock(store, block, changed, first)
    for (const [t, ids] of page.del ?? []) await remove(store, t, new Set(ids), changed)
    for (const root of page.drop ?? []) await drop(store, root)
    await applyAcks(store, sent, page.acks ?? [], now)
    if (page.cursor === undefined) return
    await store.write('cursor', page.cursor)
    if (page.progress) await store.write('progress', page.more ? page.progress : null)
    if (!page.more) {
      await store.write('ready', true)
      await store.write('synced_at', now)
      if (page.window) await prune(store, page.window, now)
    }
    if (!changed.all && !changed.customers.size && !changed.dropped.length) return
    changed.rev = ((await store.read<number>('rev')) ?? 0) + 1
    await store.write('rev', changed.rev)
  })
  return changed
}

async function takeBlock(store: Store, block: { t: string; cols: string[]; v: unknown[][] }, changed: Changed, first: boolean): Promise<void> {
  if (REFERENCE.includes(block.t)) return takeReference(store, block)
  if (block.t === 'customer' || block.t in PARTS) return takeCustomers(store, block, changed)
  return takeHistory(store, block, first)
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
  const many = ids.length > 50 && (await stretch.count()) <= 2 * ids.length
  const docs = many ? await stretch.toArray() : await store.customer.bulkGet(ids)
  return new Map(docs.flatMap((doc) => (doc ? [[doc.id, doc]] : [])))
}

function replace<T extends Row>(rows: T[], row: T): void {
  const at = rows.findIndex((one) => one.id === row.id)
  if (at < 0) rows.push(row)
  else rows[at] = row
}

async function takeHistory(store: Store, block: { t: string; cols: string[]; v: unknown[][] }, first: boolean): Promise<void> {
  const t = block.t
  const byRoot = new Map<string, Map<string, Row>>()
  for (const [row, root] of rowsOf(block)) {
    const owner = root ?? 'self'
    let rows = byRoot.get(owner)
    if (!rows) byRoot.set(owner, (rows = new Map()))
    rows.set(row.id, row)
  }
  if (!first) await unlink(store, t, byRoot)
  const roots = [...byRoot.keys()]
  const heads = await store.hist.bulkGet(roots.map((root): [string, string, number] => [root, t, 0]))
  const puts = new Set<HistChunk>()
  for (const [i, root] of roots.entries()) {
    const incoming = byRoot.get(root)!
    const head = heads[i]
    const chunks = !head?.last ? (head ? [head] : []) : await store.hist.where('[root+t+chunk]').between([root, t, 0], [root, t, head.last], true, true).toArray()
    for (const chunk of chunks) {
      chunk.rows = chunk.rows.map((row) => {
        const fresh = incoming.get(row.id)
        if (!fresh) return row
        incoming.delete(row.id)
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
  await agenda(store, t, block)
  if (t === 'order' || t === 'conflict') await attend(store, t, block)
}

/** What the user should answer: own orders whose price is another one, own values that lost against somebody else's. */
async function attend(store: Store, t: 'order' | 'conflict', block: { cols: string[]; v: unknown[][] }): Promise<void> {
  for (const [row, root] of rowsOf(block)) {
    const order = row as OrderRow
    const lost = row as ConflictRow
    const price = t === 'order'
    const asked = price
      ? order.user_id === store.user && order.state === 'on_hold' && order.holds?.some((hold) => hold.kind === 'price' && hold.code !== 'PRICE_TAMPER_OR_BUG')
      : lost.lost_by === store.user && !lost.choice
    if (!asked) await store.attention.delete(row.id)
    else if (!(await store.attention.get(row.id))) {
      await store.attention.put({ id: row.id, at: price ? order.placed_at : lost.lost_at, kind: price ? 'price' : 'conflict', root: root!, data: price ? { number: order.number } : { field: lost.field } })
    }
  }
}

/** A row that moved to another customer must not stay under the former one. Only rows that were changed can have moved. */
async function unlink(store: Store, t: string, byRoot: Map<string, Map<string, Row>>): Promise<void> {
  const suspects = new Map<string, string>()
  for (const [root, rows] of byRoot) for (const row of rows.values()) if (row._v > 1) suspects.set(row.id, root)
  if (!suspects.size) return
  await store.hist.where('t').equals(t).modify((chunk) => {
    const kept = chunk.rows.filter((row) => (suspects.get(row.id) ?? chunk.root) === chunk.root)
    if (kept.length === chunk.rows.length) return false
    chunk.rows = kept
    return true
  })
}

/** Promises made at visits, by the day they fall due. */
async function agenda(store: Store, t: string, block: { cols: string[]; v: unknown[][] }): Promise<void> {
  if (t !== 'visit') return
  const due: { id: string; due: string; root: string; t: string }[] = []
  const over: string[] = []
  for (const [row, root] of rowsOf(block)) {
    if (typeof row.next_on === 'string') due.push({ id: row.id, due: row.next_on, root: root ?? 'self', t })
    else over.push(row.id)
  }
  await store.agenda.bulkDelete(over)
  await store.agenda.bulkPut(due)
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
    await store.agenda.bulkDelete([...ids])
    await store.attention.bulkDelete([...ids])
  }
}

/** A customer that is no longer the user's to see leaves with everything under it. The outbox is not touched. */
async function drop(store: Store, root: string): Promise<void> {
  await store.customer.delete(root)
  await store.hist.where('[root+t+chunk]').between([root, '', 0], [root, '\uffff', Infinity]).delete()
  await store.agenda.where('root').equals(root).delete()
  await store.attention.where('root').equals(root).delete()
}

/** Visits older than the office's window leave once a day; open things and orders stay. */
async function prune(store: Store, window: { history?: number }, now: number): Promise<void> {
  const day = new Date(now).toISOString().slice(0, 10)
  if (!window.history || (await store.read<string>('pruned_on')) === day) return
  const oldest = new Date(now - window.history * 86_400_000).toISOString()
  await store.hist.where('t').equals('visit').modify((chunk) => {
    const kept = chunk.rows.filter((row) => typeof row.started_at !== 'string' || row.started_at >= oldest || typeof row.next_on === 'string')
    if (kept.length === chunk.rows.length) return false
    chunk.rows = kept
    return true
  })
  await store.journal.where('acked_at').below(new Date(now - 30 * 86_400_000).toISOString()).delete()
  await store.write('pruned_on', day)
}
