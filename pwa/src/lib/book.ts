// The price book: everything needed to price an order offline, fetched whole when it changed.
import { call, Problem, read } from './api.ts'
import type { Store, StoredBook } from './db.ts'

/** Versions kept, so that a draft priced yesterday can still say what it was shown. */
const KEPT = 3

/** The newest book held, or undefined. */
export const newestBook = (store: Store): Promise<StoredBook | undefined> => store.book.orderBy('at').last()

/** The book of a version, when it is still held. */
export const bookOf = (store: Store, version: string): Promise<StoredBook | undefined> => store.book.get(version)

/** Fetches the book when the office has another one. True when it changed. */
export async function refreshBook(store: Store): Promise<boolean> {
  const held = await newestBook(store)
  const told = await ask(held?.etag).catch((reason: unknown) => {
    if (reason instanceof Problem) return null
    throw reason
  })
  if (!told) return false
  const { version, book, etag } = told
  await store.transaction('rw', store.book, async () => {
    await store.book.put({ version, book, etag, at: Date.now() })
    const old = await store.book.orderBy('at').reverse().offset(KEPT).primaryKeys()
    await store.book.bulkDelete(old)
  })
  return version !== held?.version
}

/** The office's book, or null when it is the one held. */
async function ask(etag?: string): Promise<{ version: string; book: unknown; etag: string } | null> {
  const answer = await call('pricing/book', { headers: etag ? { 'If-None-Match': etag } : {}, timeout: 60_000 })
  if (answer.status === 304) return null
  const told = (await read(answer.json())) as { version: string; book: unknown }
  return { ...told, etag: answer.headers.get('ETag') ?? `"${told.version}"` }
}
