// The pickers' queue and what is done to an order on it. No prices anywhere: the office does not send them.
import { json } from '../../lib/api.ts'

export interface PickLine {
  id: string
  code: string
  name_vi: string
  name_en: string | null
  unit: string
  base_unit: string
  qty: string
  qty_base: string
  /** What is held for the line, base units: what can be picked now. */
  reserved: string
  picked: string
  gift?: boolean
}

export interface QueueOrder {
  id: string
  number: string
  state: 'confirmed' | 'picking' | 'picked'
  due_on: string
  version: number
  note: string
  customer_name: string
  address: string | null
  claimed_by: string | null
  picker: string | null
  lines: PickLine[]
}

const post = <T>(path: string, body: unknown = {}): Promise<T> => json<T>(path, { method: 'POST', body })

export const queue = async (): Promise<QueueOrder[]> => (await json<{ items: QueueOrder[] }>('dispatches/queue?limit=200')).items
export const claim = (id: string): Promise<unknown> => post(`orders/${id}/claim`)

/** Records what was put aside. `act` is made once per pick, so that a repeat after a lost answer is the same pick. */
export const pick = (id: string, act: string, lines: { order_line_id: string; qty: string; short_reason?: string }[]): Promise<{ state: string }> => post(`orders/${id}/pick`, { id: act, lines })
export const dispatch = (id: string, act: string, packages: number, plate: string, note: string): Promise<unknown> =>
  post(`orders/${id}/dispatch`, { id: act, packages, ...(plate ? { plate } : {}), ...(note ? { note } : {}) })
