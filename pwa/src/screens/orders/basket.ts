// An order while it is written: its lines, what they cost by the book on the phone, and what stock and credit say.
import { json } from '../../lib/api.ts'
import type { Store } from '../../lib/db.ts'
import { fold } from '../../lib/folding.ts'
import type { Hints, StockHint } from '../../lib/hints.ts'
import { newId } from '../../lib/ids.ts'
import { Book } from '../../lib/pricing/book.ts'
import { PriceRefusal } from '../../lib/pricing/refusal.ts'
import { priceOrder, type PricedLine, type PricedOrder } from '../../lib/pricing/rules.ts'
import type { ItemRow, OrderRow, PackagingRow } from '../../lib/rows.ts'

export interface BasketLine {
  id: string
  item_id: string
  unit: string
  qty: number
}

export interface Basket {
  id: string
  lines: BasketLine[]
  note: string
  requested_on: string
  /** Which gift the customer chose, by promotion: its coupon, or '' for none. */
  gifts?: Record<string, string>
  /** What it cost when it was last looked at, and by which book. */
  seen?: { version: string; total: string }
}

export const emptyBasket = (): Basket => ({ id: newId(), lines: [], note: '', requested_on: '' })

/** A unit of an item and how many base units it holds (`num`/`den`). */
export interface Unit {
  unit: string
  num: number
  den: number
}

/** The units an item is sold in, biggest first; the base unit is always one of them. */
export function unitsOf(item: ItemRow, packagings: readonly PackagingRow[]): Unit[] {
  const boxes = packagings.filter((one) => one.item_id === item.id).map((one) => ({ unit: one.unit, num: Number(one.num), den: Number(one.den) }))
  return [...boxes, { unit: item.base_unit, num: 1, den: 1 }].sort((a, b) => b.num / b.den - a.num / a.den)
}

/** Base units of a line, for showing against stock. */
export const baseOf = (line: BasketLine, units: readonly Unit[]): number => {
  const unit = units.find((one) => one.unit === line.unit)
  return unit ? (line.qty * unit.num) / unit.den : line.qty
}

/** A base quantity as people say it: "2 thùng + 5 hộp". Only whole packagings are split off. */
export function spoken(base: number, units: readonly Unit[], format: (value: number) => string): string {
  const parts: string[] = []
  let rest = base
  for (const { unit, num, den } of units) {
    const size = num / den
    const whole = size === 1 ? rest : Math.floor(rest / size)
    if (whole > 0 || (size === 1 && !parts.length)) {
      parts.push(`${format(whole)} ${unit}`)
      rest -= whole * size
    }
    if (rest <= 0 && parts.length) break
  }
  return parts.join(' + ')
}

export type Priced = { order: PricedOrder; refused: null } | { order: null; refused: PriceRefusal } | { order: null; refused: null }

/** The coupons that carry what the customer chose. */
const couponsOf = (basket: Basket): string[] => Object.values(basket.gifts ?? {}).filter(Boolean)

/** What the basket costs by the book held; null without a book or lines. */
export function priced(book: Book | null, basket: Basket, customer: string, on: string): Priced {
  const lines = basket.lines.filter((line) => line.qty > 0)
  if (!book || !lines.length) return { order: null, refused: null }
  try {
    const asked = lines.map((line) => ({ id: line.id, item: line.item_id, unit: line.unit, qty: String(line.qty) }))
    return { order: priceOrder(book, { customer, date: on, coupons: couponsOf(basket), lines: asked }), refused: null }
  } catch (reason) {
    if (reason instanceof PriceRefusal) return { order: null, refused: reason }
    throw reason
  }
}

/** What the office finds for a basket right now. Quantities in base units. */
export interface Checked {
  as_of: string
  total: string
  lines: { item_id: string; qty: string; gift_of: string | null; stock: { available: string; promisable: string; earliest_on: string | null; enough: boolean; incoming: { on: string; qty: string }[] } }[]
  credit: { currency: string; limit: string | null; exposure: string; after: string; left: string | null; on_hold: boolean; overdue: boolean; percent: number | null }
}

/** Whether the office finds another total or other gifts than this phone's book. */
export function otherwise(checked: Checked, order: PricedOrder): boolean {
  const gifts = (of: readonly (readonly [string, string])[]) => of.map(([item, qty]) => `${item} ${Number(qty)}`).sort().join()
  const theirs = checked.lines.filter((line) => line.gift_of).map((line) => [line.item_id, line.qty] as const)
  return Number(checked.total) !== Number(order.total) || gifts(theirs) !== gifts(giftsIn(order).map((line) => [line.item, line.qty] as const))
}

export function check(basket: Basket, customer: string, currency: string, signal: AbortSignal): Promise<Checked> {
  const lines = basket.lines.filter((line) => line.qty > 0).map(({ item_id, unit, qty }) => ({ item_id, unit, qty: String(qty) }))
  return json<Checked>('orders/check', { method: 'POST', body: { customer_id: customer, currency, lines, coupons: couponsOf(basket), ...(basket.requested_on ? { requested_on: basket.requested_on } : {}) }, signal, timeout: 8000 })
}

/** What this phone has sold and not handed in yet, by item in base units: it must not sell the same goods twice. */
export async function unsentByItem(store: Store): Promise<Map<string, number>> {
  const waiting = await store.overlay.where('t').equals('order').toArray()
  const sold = new Map<string, number>()
  for (const { row } of waiting) for (const line of (row as Partial<OrderRow>).lines ?? []) sold.set(line.item_id, (sold.get(line.item_id) ?? 0) + Number(line.qty_base))
  return sold
}

/** Available of an item by the last hints, less what this phone sold since. Null = never known. */
export function lastKnown(hints: Hints | undefined, sold: Map<string, number>, item: string): (StockHint & { left: number }) | null {
  const hint = hints?.stock[item]
  return hint ? { ...hint, left: Number(hint.available) - (sold.get(item) ?? 0) } : null
}

/** Items that fit what was typed: code first, then the beginning of a word, then anywhere. */
export function findItems(items: readonly ItemRow[], typed: string, limit = 30): ItemRow[] {
  const wanted = fold(typed).split(' ').filter(Boolean)
  const scored: [number, ItemRow][] = []
  for (const item of items) {
    if (!item.active) continue
    const code = fold(item.code)
    const text = ` ${fold(item.name_vi)} ${fold(item.name_en ?? '')} ${code}`
    if (!wanted.every((word) => text.includes(word))) continue
    const first = wanted[0] ?? ''
    scored.push([code === first ? 0 : code.startsWith(first) ? 1 : text.includes(` ${first}`) ? 2 : 3, item])
  }
  return scored.sort((a, b) => a[0] - b[0] || a[1].code.localeCompare(b[1].code)).slice(0, limit).map(([, item]) => item)
}

/** The rows of the order as screens will show it until the office answers. */
export function overlayOf(basket: Basket, order: PricedOrder | null, customer: string, user: string, on: string, currency: string, base: (line: BasketLine) => number): Record<string, unknown> {
  const lines = basket.lines.filter((line) => line.qty > 0)
  const priceOf = new Map(order?.lines.map((line) => [line.id, line]))
  return {
    number: null, customer_id: customer, user_id: user, state: 'submitted', holds: [], currency, ordered_on: on,
    requested_on: basket.requested_on || null, note: basket.note, placed_at: new Date().toISOString(),
    gross: order?.gross ?? '0', discount: order?.discount ?? '0', net: order?.net ?? '0', tax: order?.tax ?? '0', total: order?.total ?? '0',
    lines: [
      ...lines.map((line) => ({ line, price: priceOf.get(line.id), gift_of: null as string | null })),
      ...giftsIn(order).map((price) => ({ line: { id: newId(), item_id: price.item, unit: price.unit, qty: Number(price.qty) }, price, gift_of: price.gift ?? null })),
    ].map(({ line, price, gift_of }, seq) => ({ ...line, seq: seq + 1, qty: String(line.qty), qty_base: String(base(line)), unit_price: price?.unit_price ?? '0', gross: price?.gross ?? '0', discount: price?.discount ?? '0', net: price?.net ?? '0', tax: price?.tax ?? '0', gift_of, reserved: '0', picked: '0', dispatched: '0' })),
  }
}

const giftsIn = (order: PricedOrder | null): PricedLine[] => order?.lines.filter((line) => line.gift) ?? []

/** The arguments of `order.place`. */
export function placeArgs(basket: Basket, order: PricedOrder | null, version: string | null, customer: string, address: string | null, on: string, currency: string): Record<string, unknown> & { id: string } {
  const priceOf = new Map(order?.lines.map((line) => [line.id, line.unit_price]))
  // Only what brought a gift: a choice the basket no longer earns is not the office's business. Without a book, all of it.
  const coupons = couponsOf(basket).filter((coupon) => !order || giftsIn(order).some((line) => line.gift === coupon))
  return {
    id: basket.id,
    customer_id: customer,
    ordered_on: on,
    currency,
    ...(address ? { ship_address_id: address } : {}),
    ...(basket.requested_on ? { requested_on: basket.requested_on } : {}),
    ...(basket.note ? { note: basket.note } : {}),
    ...(version ? { book_version: version } : {}),
    ...(coupons.length ? { coupons } : {}),
    ...(order ? { shown_total: order.total, shown_gifts: giftsIn(order).map(({ item, unit, qty }) => ({ item_id: item, unit, qty })) } : {}),
    lines: basket.lines.filter((line) => line.qty > 0).map((line) => ({ id: line.id, item_id: line.item_id, unit: line.unit, qty: String(line.qty), ...(priceOf.has(line.id) ? { shown_price: priceOf.get(line.id) } : {}) })),
  }
}
