// Changing what the office has: only what differs is sent, with what was seen, so that two edits can be merged by field.
import type { CustomerDoc, Store } from './db.ts'
import { say } from './i18n.svelte.ts'
import { enqueue } from './outbox.ts'
import type { AddressRow, ConflictRow, ContactRow, ExpenseRow, VisitRow } from './rows.ts'
import { entered } from './sync.svelte.ts'
import type { Held } from './views.ts'

type Values = Record<string, unknown>

/** Hours a visit may be changed by whoever made it; the office says the same. */
export const VISIT_HOURS = 24

/** The fields whose new value differs. Nothing and the empty string are the same. */
export function changesOf(before: Values, after: Values): Values {
  const plain = (value: unknown) => (value === '' || value === undefined ? null : value)
  return Object.fromEntries(Object.entries(after).map(([field, value]) => [field, plain(value)]).filter(([field, value]) => JSON.stringify(value) !== JSON.stringify(plain(before[field as string]))))
}

/** What was seen of the fields that change. */
const baseOf = (row: { _v: number } & Values, fields: readonly string[]) => ({ ver: row._v, values: Object.fromEntries(fields.map((field) => [field, row[field] ?? null])) })

/** A visit may still be changed: it is the user's own, and not older than a day (by this phone's clock; the office decides). */
export const mayEditVisit = (row: Pick<VisitRow, 'user_id' | 'started_at'>, user: string | undefined, now = Date.now()): boolean => row.user_id === user && now - Date.parse(row.started_at) < VISIT_HOURS * 3_600_000
/** An expense may still be changed: it is the user's own and nobody has decided on it. */
export const mayEditExpense = (row: Pick<ExpenseRow, 'user_id' | 'state'>, user: string | undefined): boolean => row.user_id === user && (row.state === 'draft' || row.state === 'submitted')

/** Changes what was said of a visit. Returns whether anything did. */
export async function editVisit(store: Store, row: Held<VisitRow>, after: Values, name: string): Promise<boolean> {
  return edit(store, 'visit', row, changesOf(row, after), row.customer_id, { key: 'edits.visit', values: { name } })
}

/** Changes an expense. */
export async function editExpense(store: Store, row: Held<ExpenseRow>, after: Values, name: string): Promise<boolean> {
  return edit(store, 'expense', row, changesOf(row, after), row.customer_id, { key: 'edits.expense', values: { name } })
}

/** Gives an address other words. */
export async function editAddress(store: Store, doc: CustomerDoc, row: AddressRow, after: Values): Promise<boolean> {
  return edit(store, 'address', row, changesOf(row, after), doc.id, { key: 'edits.address', values: { name: doc.row?.name ?? '' } })
}

async function edit(store: Store, t: 'visit' | 'expense' | 'address', row: { id: string; _v: number } & Values, changes: Values, root: string | null, label: { key: string; values: Record<string, string> }): Promise<boolean> {
  const fields = Object.keys(changes)
  if (!fields.length) return false
  await enqueue(store, { name: `${t}.edit`, root, args: { id: row.id, changes }, base: baseOf(row, fields), label, overlay: [{ t, id: row.id, row: changes }] })
  entered()
  return true
}

const CONTACT = ['name', 'phone', 'email', 'role']

/** Adds a contact (`row` null) or changes one; it goes whole, with what was seen of it. */
export async function saveContact(store: Store, doc: CustomerDoc, row: ContactRow | null, id: string, after: Values): Promise<boolean> {
  if (row && !Object.keys(changesOf(row, after)).length) return false
  const said = Object.fromEntries(CONTACT.map((field) => [field, after[field] || null]))
  await enqueue(store, {
    name: 'contact.save', root: doc.id, args: { id, customer_id: doc.id, ...said }, ...(row ? { base: baseOf(row, CONTACT) } : {}),
    label: { key: 'edits.contact', values: { name: doc.row?.name ?? '' } }, overlay: [{ t: 'contact', id, row: said }],
  })
  entered()
  return true
}

/** What the office has in a conflict's field now, as far as this phone knows; what it kept at the time, else. */
export function presentValue(conflict: ConflictRow, row: Values | undefined): unknown {
  if (!row) return conflict.kept_value
  if (conflict.field === 'position') return { lat: row.lat, lon: row.lon, accuracy_m: row.accuracy_m, grade: row.grade }
  return conflict.field in row ? (row[conflict.field] ?? null) : conflict.kept_value
}

/** Answers a conflict. `seen`: the office's value as it was shown. */
export async function settleConflict(store: Store, conflict: ConflictRow, root: string, choice: 'mine' | 'theirs' | 'other', seen: unknown, value?: unknown): Promise<void> {
  const now = choice === 'mine' ? conflict.lost_value : value
  // A pin is drawn from the map of its own screen once the office has it.
  const shown = choice === 'theirs' || conflict.field === 'position' ? [] : [{ t: conflict.entity, id: conflict.entity_id, row: { [conflict.field]: now } }]
  await enqueue(store, {
    name: 'conflict.settle', root: root === 'self' ? null : root, args: { id: conflict.id, choice, seen, ...(choice === 'other' ? { value } : {}) }, answers: conflict.id,
    label: { key: 'conflicts.outbox', values: { field: say(`outbox.field-${conflict.field}`, undefined, conflict.field) } },
    overlay: [{ t: 'conflict', id: conflict.id, row: { choice } }, ...shown],
  })
  entered()
}
