// The states of an order, in the order of its life, and their colours.
import type { OrderRow } from '../../lib/rows.ts'

export type State = OrderRow['state']

export const STATES: readonly State[] = ['on_hold', 'confirmed', 'picking', 'picked', 'dispatched', 'rejected', 'cancelled']

export const TONES: Record<State, string> = {
  submitted: 'tag-amber',
  on_hold: 'tag-amber',
  confirmed: 'tag-blue',
  picking: 'tag-blue',
  picked: 'tag-blue',
  dispatched: 'tag-green',
  rejected: 'tag-red',
  cancelled: 'tag-plain',
}

/** An order in a list, from the phone or from the office. */
export interface Listed {
  id: string
  number: string | null
  customer_id: string
  customer_name: string
  state: State
  ordered_on: string
  placed_at: string
  total?: string
  currency: string
  pending?: boolean
}
