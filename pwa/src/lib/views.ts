// What screens read: the office's rows with whatever waits in the outbox laid over them.
import { overlay } from './customers.ts'
import type { CustomerDoc, Overlay, Store } from './db.ts'
import type { AttachmentRow, HistTables, ReasonKind, ReasonRow, RefTables, Row } from './rows.ts'

/** A customer with its addresses and contacts, or undefined when the phone does not hold it. */
export async function customer(store: Store, id: string): Promise<(CustomerDoc & { pending: boolean }) | undefined> {
  const [doc, waiting] = await Promise.all([store.customer.get(id), store.overlay.where('root').equals(id).toArray()])
  const laid = overlay(doc, id, sorted(waiting))
  return laid.row ? { ...laid, pending: waiting.some((one) => one.t === 'customer') } : undefined
}

const sorted = (waiting: Overlay[]): Overlay[] => waiting.sort((a, b) => a.n - b.n)

export type Held<T> = T & { /** Something about it still waits to be sent. */ _pending?: boolean }

function lay<T extends Row>(rows: T[], waiting: Overlay[]): Held<T>[] {
  const all = new Map<string, Held<T>>(rows.map((row) => [row.id, row]))
  for (const one of sorted(waiting)) all.set(one.id, { _v: 0, ...all.get(one.id), ...one.row, id: one.id, _pending: true } as unknown as Held<T>)
  return [...all.values()]
}

/** The rows of one table under one customer (`self`: the user's own without a customer). */
export async function history<K extends keyof HistTables>(store: Store, t: K, root: string): Promise<Held<HistTables[K]>[]> {
  const [chunks, waiting] = await Promise.all([
    store.hist.where('[root+t+chunk]').between([root, t, 0], [root, t, Infinity], true, true).toArray(),
    store.overlay.where('root').equals(root).and((one) => one.t === t).toArray(),
  ])
  return lay(chunks.flatMap((chunk) => chunk.rows) as HistTables[K][], waiting)
}

/** Every row of one table on the phone. For small sets: orders of a rep, expenses of a month. */
export async function every<K extends keyof HistTables>(store: Store, t: K): Promise<Held<HistTables[K]>[]> {
  const [chunks, waiting] = await Promise.all([store.hist.where('t').equals(t).toArray(), store.overlay.where('t').equals(t).toArray()])
  return lay(chunks.flatMap((chunk) => chunk.rows) as HistTables[K][], waiting)
}

/** A reference table: everything everybody holds, by id. */
export async function reference<K extends keyof RefTables>(store: Store, t: K): Promise<Record<string, RefTables[K]>> {
  return ((await store.ref.get(t))?.rows ?? {}) as Record<string, RefTables[K]>
}

/** The reasons of a kind in the office's order. */
export async function reasons(store: Store, kind: ReasonKind): Promise<ReasonRow[]> {
  return Object.values(await reference(store, 'reason')).filter((one) => one.kind === kind)
}

/** Photos of a visit or an expense, with the bytes that are still on the phone. */
export async function photosOf(store: Store, rows: readonly AttachmentRow[], owner_id: string): Promise<{ row: AttachmentRow; data: ArrayBuffer | null }[]> {
  const mine = rows.filter((row) => row.owner_id === owner_id)
  const blobs = await store.blob.bulkGet(mine.map((row) => row.id))
  return mine.map((row, i) => ({ row, data: blobs[i]?.data ?? null }))
}
