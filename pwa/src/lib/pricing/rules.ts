// The price brain: `priceOrder(book, order)`, one pure function the office computes to the same last đồng.
//
// No clock, no network, no floats, no locale. Steps: list prices, promotions by line then by order, manual discounts, tax,
// totals. Twin: backend/pricing/rules.py. Format: pricing.schema.json and docs/decisions/0020-price-brain.md.
import { Book } from './book.ts'
import { sum, text, textOfScaled } from './numbers.ts'
import { type Line, readOrder, type Skipped } from './order.ts'
import { priceLines } from './prices.ts'
import { promote } from './promotions.ts'
import { manualDiscounts, taxes } from './tax.ts'

/** A line of the answer; all numbers are decimal texts. A gift names its promotion and has no id. */
export interface PricedLine {
  id?: string
  gift?: string
  item: string
  unit: string
  qty: string
  unit_price: string
  source: string
  gross: string
  discount: string
  amount: string
  net: string
  tax: string
  adjustments: { promotion: string; amount: string }[]
}

/** A priced order; `total` is net plus tax. */
export interface PricedOrder {
  lines: PricedLine[]
  gross: string
  discount: string
  net: string
  tax: string
  total: string
  trace: Skipped[]
}

/**
 * Prices an order from a book (as it crosses the wire, or a `Book` read before). Gifts follow the ordered lines. Throws a
 * `PriceRefusal` whose `code` and `pointer` say what and where.
 */
export function priceOrder(book: unknown, given: unknown): PricedOrder {
  const order = readOrder(book instanceof Book ? book : new Book(book), given)
  priceLines(order)
  promote(order)
  manualDiscounts(order)
  taxes(order)
  const digits = order.currency.minor
  const added = (of: (line: Line) => bigint): bigint => sum(order.lines.map(of))
  const net = added((line) => line.net)
  const tax = added((line) => line.tax)
  return {
    lines: order.lines.map((line) => asWire(line, digits)),
    gross: textOfScaled(added((line) => line.gross), digits),
    discount: textOfScaled(added((line) => line.gross - line.remaining), digits),
    net: textOfScaled(net, digits),
    tax: textOfScaled(tax, digits),
    total: textOfScaled(net + tax, digits),
    trace: order.trace,
  }
}

function asWire(line: Line, digits: number): PricedLine {
  const money = (amount: bigint): string => textOfScaled(amount, digits)
  return {
    ...(line.id === null ? {} : { id: line.id }),
    ...(line.gift === null ? {} : { gift: line.gift }),
    item: line.item.id,
    unit: line.unit,
    qty: text(line.qty),
    unit_price: text(line.unitPrice),
    source: line.source,
    gross: money(line.gross),
    discount: money(line.gross - line.remaining),
    amount: money(line.remaining),
    net: money(line.net),
    tax: money(line.tax),
    adjustments: line.adjustments.map(({ why, amount }) => ({ promotion: why, amount: money(amount) })),
  }
}
