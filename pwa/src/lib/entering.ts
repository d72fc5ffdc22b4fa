// What a rep enters, as mutations: each of these puts the deed, what the screen shows of it and its photos into the
// outbox in one transaction, then asks for a sync.
import { mainAddress } from './customers.ts'
import type { CustomerDoc, Store } from './db.ts'
import { judge, type Fix } from './geo.ts'
import { money } from './i18n.svelte.ts'
import { newId } from './ids.ts'
import { enqueue } from './outbox.ts'
import type { AddressRow } from './rows.ts'
import { entered } from './sync.svelte.ts'

/** Leaves out what was not filled in: the office takes absence, not emptiness. */
export function filled<T extends Record<string, unknown>>(values: T): Partial<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== '' && value !== null && value !== undefined)) as Partial<T>
}

export interface VisitDraft {
  id: string
  purpose: string
  started_at: string
  fix: Fix | null
  far_reason: string
  note: string
  outcome: string
  next_step: string
  next_on: string
  photos: string[]
}

/** Logs a visit with its photos. */
export async function logVisit(store: Store, doc: CustomerDoc, draft: VisitDraft, userId: string): Promise<void> {
  const judged = judge(draft.fix, mainAddress(doc.addresses))
  const args = {
    id: draft.id, customer_id: doc.id, purpose: draft.purpose, started_at: draft.started_at, ended_at: new Date().toISOString(),
    ...filled({ fix: draft.fix, far_reason: draft.far_reason, note: draft.note.trim(), outcome: draft.outcome, next_step: draft.next_step.trim(), next_on: draft.next_on }),
  }
  const { fix, ...shown } = args
  await enqueue(store, {
    name: 'visit.log', root: doc.id, args, draft: `visit/${doc.id}`, edit: `/visits/mend`,
    label: { key: 'outbox.visit', values: { name: doc.row?.name ?? '' } },
    overlay: [{ t: 'visit', id: draft.id, row: { ...shown, user_id: userId, lat: fix?.lat ?? null, lon: fix?.lon ?? null, verdict: judged.verdict, distance_m: judged.distance === null ? null : Math.round(judged.distance), late: false } }],
    photos: draft.photos.map((id) => ({ id, owner: 'visit' as const, ...(draft.fix ? { lat: draft.fix.lat, lon: draft.fix.lon } : {}) })),
  })
  entered()
}

export interface ExpenseDraft {
  id: string
  category: string
  amount: string
  vat: string
  spent_on: string
  note: string
  visit_id: string
  photos: string[]
}

/** Claims an expense, tied to a customer and a visit or to nobody. Amounts are decimal strings. */
export async function claimExpense(store: Store, draft: ExpenseDraft, about: { customer: CustomerDoc | null; currency: string; userId: string; draftKey: string }): Promise<void> {
  const args = {
    id: draft.id, category: draft.category, amount: draft.amount, currency: about.currency, spent_on: draft.spent_on,
    ...filled({ customer_id: about.customer?.id, visit_id: draft.visit_id, vat: draft.vat, note: draft.note.trim() }),
  }
  await enqueue(store, {
    name: 'expense.claim', root: about.customer?.id ?? null, args, draft: about.draftKey,
    label: { key: 'outbox.expense', values: { amount: money(draft.amount, about.currency), name: about.customer?.row?.name ?? '' } },
    overlay: [{ t: 'expense', id: draft.id, row: { vat: null, note: null, visit_id: null, customer_id: null, ...args, user_id: about.userId, state: 'submitted' } }],
    photos: draft.photos.map((id) => ({ id, owner: 'expense' as const })),
  })
  entered()
}

export interface LeadDraft {
  id: string
  name: string
  phone: string
  tax_no: string
  note: string
  group_id: string
  contact: string
  contact_phone: string
  address: string
  /** Where a person stood (`rep_fix`) or pointed to on the map (`manual`); null: nowhere but the ward that is read. */
  fix: { lat: number; lon: number; accuracy_m: number; method?: 'rep_fix' | 'manual' } | null
}

/**
 * Makes a lead with its address and contact. Returns its id. `centre`: of the ward the address was read to be in; this
 * phone shows the lead there until the office, reading the same, says so. It is never sent: it is nobody's position.
 */
export async function createLead(store: Store, draft: LeadDraft, centre: { lat: number; lon: number; accuracy_m: number } | null = null): Promise<string> {
  const address = draft.address.trim() ? { id: newId(), text: draft.address.trim(), ...(draft.fix ?? {}) } : undefined
  const contact = draft.contact.trim() ? { id: newId(), name: draft.contact.trim(), ...filled({ phone: draft.contact_phone.trim() }) } : undefined
  const name = draft.name.trim()
  const said = filled({ phone: draft.phone.trim(), tax_no: draft.tax_no.trim(), note: draft.note.trim(), group_id: draft.group_id })
  const { group_id, ...columns } = said
  await enqueue(store, {
    name: 'customer.create', root: draft.id, draft: 'lead', edit: `/customers/${draft.id}`,
    args: { id: draft.id, name, stage: 'lead', ...said, ...(address ? { address } : {}), ...(contact ? { contact } : {}) },
    label: { key: 'outbox.lead', values: { name } },
    overlay: [
      { t: 'customer', id: draft.id, row: { name, stage: 'lead', ...columns, ...(group_id ? { group_ids: [group_id] } : {}) } },
      ...(address ? [{ t: 'address', id: address.id, row: shownOf(address, draft.fix, centre) }] : []),
      ...(contact ? [{ t: 'contact', id: contact.id, row: contact }] : []),
    ],
  })
  entered()
  return draft.id
}

/** The address as this phone shows it while it waits: by a person's position, else round the centre of its ward. */
function shownOf({ id, text }: { id: string; text: string }, fix: LeadDraft['fix'], centre: Omit<NonNullable<LeadDraft['fix']>, 'method'> | null): Record<string, unknown> {
  const place = fix ?? centre
  const grade = fix ? (fix.method === 'manual' ? 'pin' : 'gps') : centre ? 'ward' : 'none'
  return { id, text, lat: place?.lat ?? null, lon: place?.lon ?? null, accuracy_m: place?.accuracy_m ?? null, grade }
}

/** Changes fields of a customer; the old values go along, so that only what both changed can clash. */
export async function updateCustomer(store: Store, doc: CustomerDoc, changes: Record<string, unknown>): Promise<void> {
  if (!doc.row || !Object.keys(changes).length) return
  const row = doc.row
  await enqueue(store, {
    name: 'customer.update', root: doc.id, args: { id: doc.id, changes },
    base: { ver: row._v, values: Object.fromEntries(Object.keys(changes).map((field) => [field, row[field] ?? null])) },
    label: { key: 'outbox.customer', values: { name: row.name } },
    overlay: [{ t: 'customer', id: doc.id, row: changes }],
  })
  entered()
}

/** Sets the true position of an address: where the phone is, or where the pin was dragged. */
export async function pinAddress(store: Store, doc: CustomerDoc, address: AddressRow, at: { lat: number; lon: number; accuracy_m: number }, method: 'manual' | 'rep_fix'): Promise<void> {
  await enqueue(store, {
    name: 'address.pin', root: doc.id, args: { id: address.id, lat: at.lat, lon: at.lon, accuracy_m: at.accuracy_m, method },
    base: { ver: address._v, values: { lat: address.lat, lon: address.lon } },
    label: { key: 'outbox.pin', values: { name: doc.row?.name ?? '' } },
    overlay: [{ t: 'address', id: address.id, row: { lat: at.lat, lon: at.lon, accuracy_m: at.accuracy_m, grade: method === 'manual' ? 'pin' : 'gps' } }],
  })
  entered()
}
