// What becomes of something the office refused: its words corrected, or the same asked anew of what the office has now.
import type { Entry, Store } from './db.ts'
import { mend } from './outbox.ts'
import type { OrderRow } from './rows.ts'
import { every } from './views.ts'

/** Words a person wrote and may correct; everything else is mended in its own form. */
const WORDS = ['name', 'phone', 'tax_no', 'note', 'amount', 'vat', 'spent_on', 'next_step', 'next_on', 'reason', 'email', 'role', 'text', 'value']

const inner = (entry: Entry): Record<string, unknown> => (entry.args.changes as Record<string, unknown> | undefined) ?? entry.args

/** The words of an entry that may be corrected, by field. */
export const wordsOf = (entry: Entry): Record<string, string> =>
  Object.fromEntries(Object.entries(inner(entry)).filter(([field, value]) => WORDS.includes(field) && typeof value === 'string')) as Record<string, string>

/** The field a refusal is about (`/args/changes/phone`, `/tax_no`), if it is one of these words. */
export const faultyField = (entry: Entry): string | undefined => entry.problem?.pointer?.split('/').findLast((part) => WORDS.includes(part))

/** Sends it again with these words. What was made on an older version is asked anew of the version the office named. */
export async function again(store: Store, entry: Entry, words: Record<string, string>): Promise<void> {
  const said = Object.fromEntries(Object.entries(words).map(([field, value]) => [field, value.trim()]))
  const args = structuredClone(entry.args)
  Object.assign(inner({ ...entry, args }), said)
  const version = Number(entry.problem?.current)
  if (entry.st === 'conflict' && 'expected_version' in args && Number.isFinite(version)) args.expected_version = version
  await mend(store, entry.n, args, said)
}

/** The order behind an answer to its price, as the office has it now: what would be accepted by asking again. */
export async function pricedOrder(store: Store, entry: Entry): Promise<OrderRow | undefined> {
  if (entry.name !== 'order.accept_price') return undefined
  return (await every(store, 'order')).find((one) => one.id === entry.args.id)
}

/**
 * Accepts the price the order has now. The version is that of the row that was shown, so what the office has changed
 * since then is asked about once more instead of being accepted unseen.
 */
export async function acceptShown(store: Store, entry: Entry, shown: OrderRow): Promise<void> {
  await mend(store, entry.n, { ...entry.args, expected_version: shown.version })
}

/** A photo whose bytes the office refused: another try from the first byte. */
export async function photoAgain(store: Store, id: string): Promise<void> {
  await store.blob.where('id').equals(id).and((blob) => blob.st === 'refused').modify((blob) => {
    blob.st = 'queued'
    blob.tries = 0
    blob.next_at = 0
    blob.url = null
    delete blob.problem
  })
}

/** Drops a photo whose bytes the office refused, on the user's word and with theirs; the journal says so. */
export async function dropRefused(store: Store, id: string, reason: string, now = new Date()): Promise<void> {
  await store.transaction('rw', [store.blob, store.journal, store.outbox], async () => {
    const blob = await store.blob.get(id)
    if (blob?.st !== 'refused') return
    await store.blob.delete(id)
    const at = now.toISOString()
    await store.journal.put({ id: `dropped ${id}`, n: 0, name: 'attachment.dropped', at, acked_at: at, label: { key: 'outbox.photo-dropped' }, result: { reason, problem: blob.problem } })
  })
}
