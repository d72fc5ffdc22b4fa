// The end of a day: what the office has of it, what it has not, and what the user may have forgotten.
import { dayCode } from '../../lib/chain.ts'
import type { Store } from '../../lib/db.ts'
import { date, today } from '../../lib/i18n.svelte.ts'
import { unsent } from '../../lib/outbox.ts'
import { every } from '../../lib/views.ts'

export interface Loose {
  id: string
  name: string
  href: string
}

export interface Day {
  /** Operations of today that the office has taken, and the code both sides show for them; null when there are none. */
  received: number
  code: string | null
  /** What has not reached it, and of that what needs the user. */
  waiting: number
  attention: number
  /** Visits of today without an outcome; expenses of today without a receipt. */
  visits: Loose[]
  expenses: number
  /** Forms begun and not saved. */
  drafts: number
}

/** `user`: whose day it is, for rows of colleagues who see the same customers. */
export async function dayOf(store: Store, user: string): Promise<Day> {
  const on = today()
  const ofToday = (moment: string | undefined) => !!moment && date(moment) === date(on)
  const [journal, left, visits, expenses, photos, drafts] = await Promise.all([
    store.journal.where('acked_at').above(new Date(Date.now() - 3 * 86_400_000).toISOString()).toArray(),
    unsent(store), every(store, 'visit'), every(store, 'expense'), every(store, 'attachment'), store.draft.count(),
  ])
  const taken = journal.filter((entry) => ofToday(entry.received_at)).map((entry) => entry.id)
  const loose = visits.filter((row) => row.user_id === user && ofToday(row.started_at) && !row.outcome)
  const docs = await store.customer.bulkGet(loose.map((row) => row.customer_id))
  const shown = new Set(photos.map((row) => row.owner_id))
  return {
    received: taken.length,
    code: taken.length ? await dayCode(taken) : null,
    waiting: left.items + left.photos,
    attention: left.attention,
    visits: loose.map((row, i) => ({ id: row.id, name: docs[i]?.row?.name ?? '', href: `#/customers/${row.customer_id}` })),
    expenses: expenses.filter((row) => row.user_id === user && row.spent_on === on && !shown.has(row.id)).length,
    drafts,
  }
}
