// The phone's store, one database per user: what the office sent, what waits to be sent, what is being written.
// Rows are kept as documents (a customer with its addresses; a customer's visits in one record), because what costs in
// IndexedDB is the number of records, not their size.
import Dexie, { type Table } from 'dexie'
import { desk } from './desk.ts'
import { keepingUnsent } from './upgrading.ts'
import type { ProblemBody } from './api.ts'
import type { AddressRow, ContactRow, CustomerRow, Row } from './rows.ts'

/** A customer as held: the row (null while only its parts have come) with its addresses and contacts. */
export interface CustomerDoc {
  id: string
  row: CustomerRow | null
  addresses: AddressRow[]
  contacts: ContactRow[]
}

/** A slice of a customer's history; `root` is the customer, or whatever owns rows without one. */
export interface HistChunk {
  root: string
  t: string
  chunk: number
  rows: Row[]
  /** In the first chunk: the number of the last one, when there are more. */
  last?: number
}

export type EntryState = 'queued' | 'sending' | 'conflict' | 'rejected' | 'blocked' | 'parked'

/** A mutation on its way. Leaves this table only by the office's receipt or the user's word. */
export interface Entry {
  /** Order of writing on this phone; never reused. */
  n: number
  /** UUIDv7 of the mutation. */
  id: string
  name: string
  tv: number
  args: Record<string, unknown>
  base?: { ver: number; values?: Record<string, unknown> }
  lane: string
  /** Mutations that must be applied first. */
  deps: string[]
  /** Hash of the operation before it on this phone, and its own; absent on entries older than the ledger. */
  prev?: string
  chain?: string
  /** The thing it makes or changes. */
  entity: string
  at: string
  st: EntryState
  /** Not before this moment, ms. */
  next_at: number
  tries: number
  problem?: ProblemBody
  current?: unknown
  /** What the user reads in the outbox: a text key with its values. */
  label: { key: string; values?: Record<string, string | number> }
  /** Hash route of the form that can mend it. */
  edit?: string
}

/** What a waiting mutation will look like; laid over the office's row until its receipt comes. */
export interface Overlay {
  t: string
  id: string
  n: number
  root: string
  row: Record<string, unknown>
}

export type BlobState = 'draft' | 'queued' | 'done' | 'refused'

/** Bytes of a photo and how far they have gone. */
export interface StoredBlob {
  id: string
  st: BlobState
  owner_id: string
  data: ArrayBuffer | null
  sha256: string
  size: number
  mime: string
  taken_at: string
  url?: string | null
  offset?: number
  tries: number
  next_at: number
  done_at?: number
  problem?: ProblemBody
}

export interface JournalEntry {
  id: string
  n: number
  name: string
  at: string
  acked_at: string
  /** The receipt: when the office took it by its own clock, and its signature under that. */
  received_at?: string
  chain?: string
  sig?: string
  label: Entry['label']
  result?: unknown
}

/** Something the user should answer although nothing waits to be sent: a price that changed (`id` is the order's), or a value of theirs that lost a merge (the conflict's). */
export interface Attention {
  id: string
  at: string
  kind: 'price' | 'conflict'
  /** The customer (or what stands for it) it leaves the phone with. */
  root: string
  data: { number?: string | null; field?: string }
  /** The answer was to leave it as it is. */
  left?: boolean
}

export interface Draft {
  key: string
  value: unknown
  at: number
}

export interface StoredBook {
  version: string
  etag: string
  book: unknown
  at: number
}

/** Whether a transaction writes rows of the office and nothing of the user's: what a phone that dies loses of it comes again. */
const onlyPages = (stores: string[]): boolean => stores.includes('hist') && !stores.includes('outbox')

export class Store extends Dexie {
  readonly meta!: Table<{ k: string; v: unknown }, string>
  readonly ref!: Table<{ t: string; rows: Record<string, Row> }, string>
  readonly customer!: Table<CustomerDoc, string>
  readonly hist!: Table<HistChunk, [string, string, number]>
  readonly overlay!: Table<Overlay, [string, string, number]>
  readonly outbox!: Table<Entry, number>
  readonly blob!: Table<StoredBlob, string>
  readonly journal!: Table<JournalEntry, string>
  readonly attention!: Table<Attention, string>
  readonly draft!: Table<Draft, string>
  readonly book!: Table<StoredBook, string>
  readonly user: string

  constructor(user: string) {
    // strict: a saved visit must survive a phone that dies the next second
    super(`fs_${user}`, { chromeTransactionDurability: 'strict' })
    this.user = user
    this.version(1).stores({
      meta: 'k',
      ref: 't',
      customer: 'id',
      hist: '[root+t+chunk], t',
      agenda: 'id, due, root',
      overlay: '[t+id+n], t, n, root',
      outbox: '++n, &id, st, lane, entity',
      blob: 'id, st, owner_id',
      journal: 'id, n, acked_at',
      attention: 'id',
      draft: 'key',
      book: 'version, at',
    })
    this.version(2).stores({ attention: 'id, root' }).upgrade((tx) =>
      keepingUnsent(tx, () => tx.table('attention').toCollection().modify((one: Attention & { data: { customer?: string } }) => void (one.root ??= one.data.customer ?? ''))),
    )
    // Promises are read from the visits themselves.
    this.version(3).stores({ agenda: null })
    this.use({ stack: 'dbcore', name: 'pages', create: (core) => ({ ...core, transaction: (stores, mode, options) => core.transaction(stores, mode, onlyPages(stores) ? { durability: 'relaxed' } : options) }) })
  }

  async read<T>(k: string): Promise<T | undefined> {
    return (await this.meta.get(k))?.v as T | undefined
  }

  async write(k: string, v: unknown): Promise<void> {
    await this.meta.put({ k, v })
  }
}

let open: Store | null = null

/** The store of a user; one connection per page, worker or service worker. */
export function storeOf(user: string): Store {
  if (open?.user !== user) {
    open?.close()
    open = new Store(user)
  }
  return open
}

let pinned: Store | null = null

/**
 * The page says whose store it shows, so that its queries need not look at the desk first. Workers pin nothing: they
 * look every time, because they may outlive a change of user.
 */
export function pinStore(user: string | null): void {
  pinned = user ? storeOf(user) : null
}

/** The store of whoever is signed in; throws when nobody is. */
export async function store(): Promise<Store> {
  if (pinned) return pinned
  const session = await desk.session()
  if (!session) throw new Error('nobody is signed in')
  return storeOf(session.me.id)
}

/** Closes and forgets the open store (before it is deleted). */
export function closeStore(): void {
  open?.close()
  open = null
  pinned = null
}
