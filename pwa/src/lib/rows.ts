// The rows a phone holds, as they come over the wire (docs/wire.md). Money and quantities are decimal strings.

export interface Row {
  id: string
  /** Version of the row at the office; 0 = known to this phone alone. */
  _v: number
  [column: string]: unknown
}

export interface CustomerRow extends Row {
  code: string | null
  name: string
  stage: string
  status: string
  phone: string | null
  tax_no: string | null
  group_ids: string[] | null
  position_id: number | null
  currency: string
  note: string | null
  /** ISO weekday of the planned visit, 1 = Monday. */
  planned_weekday: number | null
  last_visit_at: string | null
  last_order_at: string | null
}

export type Grade = 'gps' | 'pin' | 'geocoder' | 'ward' | 'none'

export interface AddressRow extends Row {
  customer_id: string
  kind: string
  text: string
  lat: number | null
  lon: number | null
  accuracy_m: number | null
  grade: Grade
  is_default: boolean
  version_id: string | null
}

export interface ContactRow extends Row {
  customer_id: string
  name: string
  phone: string | null
  email: string | null
  role: string | null
}

export interface VisitRow extends Row {
  customer_id: string
  user_id: string
  purpose: string
  started_at: string
  ended_at: string | null
  lat: number | null
  lon: number | null
  accuracy_m: number | null
  distance_m: number | null
  verdict: 'ok' | 'unsure' | 'far' | 'none'
  far_reason: string | null
  note: string | null
  outcome: string | null
  next_step: string | null
  next_on: string | null
  late: boolean
}

export interface ExpenseRow extends Row {
  customer_id: string | null
  visit_id: string | null
  user_id: string
  category: string
  amount: string
  currency: string
  vat: string | null
  spent_on: string
  note: string | null
  state: string
}

export interface AttachmentRow extends Row {
  owner: 'visit' | 'expense'
  owner_id: string
  customer_id: string | null
  user_id: string
  sha256: string
  size: number
  mime: string
  taken_at: string | null
  state: string
}

export interface OrderLine {
  /** Its place, which tells it apart from the others of its order. */
  seq: number
  item_id: string
  unit: string
  qty: string
  qty_base: string
  unit_price: string
  gross: string
  discount: string
  net: string
  tax: string
  /** The promotion that gives it. */
  gift_of: string | null
  reserved: string
  picked: string
  dispatched: string
}

export interface OrderRow extends Row {
  number: string | null
  customer_id: string
  user_id: string
  state: 'submitted' | 'on_hold' | 'confirmed' | 'picking' | 'picked' | 'dispatched' | 'cancelled' | 'rejected'
  holds: { kind: string; code: string; numbers: Record<string, unknown> }[] | null
  currency: string
  ordered_on: string
  requested_on: string | null
  gross: string
  discount: string
  net: string
  tax: string
  total: string
  note: string | null
  lines: OrderLine[]
  placed_at: string
  decided_note: string | null
  version: number
  priced_as: 'current' | 'honoured' | 'differs' | 'suspect'
}

export interface ItemRow extends Row {
  code: string
  name_vi: string
  name_en: string | null
  group_id: string | null
  base_unit: string
  base_digits: number
  whole_units: boolean
  tax_code: string | null
  active: boolean
}

export interface PackagingRow extends Row {
  item_id: string
  unit: string
  num: string
  den: string
  whole_units: boolean
  barcode: string | null
}

export type ReasonKind = 'visit_purpose' | 'visit_outcome' | 'far_reason' | 'expense_category' | 'short_pick' | 'order_cancel' | 'lead_close'

export interface ReasonRow extends Row {
  kind: ReasonKind
  code: string
  name_vi: string
  name_en: string | null
}

/** Tables everybody holds whole; each is one record on the phone. */
export interface RefTables {
  item: ItemRow
  item_group: Row & { parent_id: string | null; code: string; name_vi: string; name_en: string | null }
  packaging: PackagingRow
  customer_group: Row & { parent_id: string | null; code: string; name: string }
  reason: ReasonRow
}

/** A value that lost a merge against a newer one; open until `choice` is made. */
export interface ConflictRow extends Row {
  entity: 'customer' | 'address' | 'contact' | 'visit' | 'expense'
  entity_id: string
  customer_id: string | null
  field: string
  base_value: unknown
  /** What the office had and kept. */
  kept_value: unknown
  /** What `lost_by` wrote. */
  lost_value: unknown
  lost_by: string
  lost_at: string
  choice: 'mine' | 'theirs' | 'other' | 'superseded' | null
  settled_by: string | null
  settled_at: string | null
}

/** Tables kept packed per customer. */
export interface HistTables {
  visit: VisitRow
  expense: ExpenseRow
  attachment: AttachmentRow
  order: OrderRow
  conflict: ConflictRow
}
