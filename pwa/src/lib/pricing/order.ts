// The order to be priced, read, and its lines while they are worked on. Twin: backend/pricing/rules_order.py.
import type { Book, Currency, Customer, Item } from './book.ts'
import { atDigits, dec, Fraction, HUNDRED, ONE, optional, rounded, scale, ZERO } from './numbers.ts'
import { PriceRefusal, refusalOr } from './refusal.ts'
import { dayOf, listOf, malformed, objectOf, own, positiveOrNull, type Raw, textOf, textOrNull, texts } from './shapes.ts'
import { inBase, packagingOf } from './units.ts'

/** What was looked at and not applied, and why. */
export type Skipped = Record<string, string>

/** A discount typed by a person: a percentage, or an amount in the order's currency. */
export interface Discount {
  percent: Fraction | null
  amount: Fraction
}

/** One line. Quantities in its unit and in base units; amounts in minor units of the order's currency. */
export class Line {
  readonly seq: number
  readonly id: string | null
  readonly item: Item
  readonly unit: string
  readonly qty: Fraction
  readonly base: Fraction
  readonly factor: Fraction
  given: Fraction | null = null
  manual: Discount | null = null
  gift: string | null = null
  unitPrice = ZERO
  source = ''
  taxIncluded = false
  gross = 0n
  remaining = 0n
  net = 0n
  tax = 0n
  readonly adjustments: { why: string; amount: bigint }[] = []

  /** Refuses units the item lacks and quantities that do not convert exactly. */
  constructor(seq: number, id: string | null, item: Item, unit: string, qty: Fraction) {
    this.seq = seq
    this.id = id
    this.item = item
    this.unit = unit
    this.qty = qty
    this.base = inBase(item.units, unit, qty)
    this.factor = packagingOf(item.units, unit).factor
  }

  /** How the trace calls it: its id, or its number from 1. */
  get name(): string {
    return this.id ?? String(this.seq + 1)
  }

  /** Sets the unit price (R1) and the gross (R2). */
  priced(unitPrice: Fraction, currency: Currency): void {
    this.unitPrice = new Fraction(atDigits(unitPrice, currency.priceDigits), 10n ** BigInt(currency.priceDigits))
    this.gross = this.remaining = atDigits(this.unitPrice.mul(this.qty), currency.minor)
  }

  /** R3: rounds what remains (minor units); the discount is the difference. Never past zero. */
  leftWith(exact: Fraction, why: string): void {
    let rest = rounded(exact)
    if (this.gross >= 0n ? rest < 0n : rest > 0n) rest = 0n
    if (rest === this.remaining) return
    this.adjustments.push({ why, amount: this.remaining - rest })
    this.remaining = rest
  }
}

/** An order as the rules see it: whose, when, in which currency, and its lines. */
export interface Order {
  book: Book
  customer: Customer
  on: string
  currency: Currency
  lines: Line[]
  priceList: string | null
  regions: string[]
  paymentTerm: string | null
  paymentMethod: string | null
  channel: string | null
  coupons: string[]
  isReturn: boolean | null
  byRate: boolean
  manual: Discount | null
  firstList: string | null
  firstIncluded: boolean
  trace: Skipped[]
  /** Of the lines as ordered. */
  itemIds: ReadonlySet<string>
  itemGroups: ReadonlySet<string>
}

/** An order as the wire writes it. Refuses `book-malformed` and what the book does not know. */
export function readOrder(book: Book, given: unknown): Order {
  const raw = objectOf(given)
  const customer = book.customer(textOrNull(own(raw, 'customer')))
  const flag = own(raw, 'is_return')
  const rounding = own(raw, 'tax_rounding') ?? null
  const on = day(own(raw, 'date'))
  const currency = book.currency(textOrNull(own(raw, 'currency')) || customer.currency || book.companyCurrency)
  const lines = readLines(book, own(raw, 'lines'))
  return {
    book,
    customer,
    on,
    currency,
    lines,
    itemIds: new Set(lines.map(({ item }) => item.id)),
    itemGroups: new Set(lines.flatMap(({ item }) => item.groups)),
    priceList: textOrNull(own(raw, 'price_list')),
    regions: (own(raw, 'regions') ?? null) === null ? customer.regions : texts(own(raw, 'regions')),
    paymentTerm: textOrNull(own(raw, 'payment_term')) || customer.paymentTerm,
    paymentMethod: textOrNull(own(raw, 'payment_method')) || customer.paymentMethod,
    channel: textOrNull(own(raw, 'channel')) || customer.channel,
    coupons: texts(own(raw, 'coupons')),
    isReturn: typeof flag === 'boolean' ? flag : null,
    byRate: rounding === 'rate' || (rounding === null && book.byRate),
    manual: discount(own(raw, 'manual_discount')),
    firstList: null,
    firstIncluded: false,
    trace: [],
  }
}

function day(value: unknown): string {
  try {
    return dayOf(value)
  } catch {
    throw malformed('/date')
  }
}

function readLines(book: Book, given: unknown): Line[] {
  const lines: Line[] = []
  const seen = new Set<string>()
  for (const [seq, raw] of listOf(given).entries()) {
    const line = readLine(book, seq, objectOf(raw))
    if (line.id !== null) {
      if (seen.has(line.id)) throw new PriceRefusal('line-repeated', { line: line.id }, `/lines/${seq}/id`)
      seen.add(line.id)
    }
    lines.push(line)
  }
  return lines
}

function readLine(book: Book, seq: number, raw: Raw): Line {
  const line = refusalOr(() => {
    const item = book.item(textOf(own(raw, 'item')))
    const unit = textOrNull(own(raw, 'unit')) ?? item.units.base ?? ''
    const id = textOrNull(own(raw, 'id'))
    const qty = dec(own(raw, 'qty'))
    const given = positiveOrNull(own(raw, 'price'))
    const manual = discount(own(raw, 'manual_discount'))
    return Object.assign(new Line(seq, id, item, unit, qty), { given, manual })
  })
  if (!(line instanceof PriceRefusal)) return line
  line.pointer = `/lines/${seq}${line.pointer ?? ''}`
  throw line
}

/** `{percent: "5"}` (0 to 100) or `{amount: "10000"}` (not negative). */
function discount(raw: unknown): Discount | null {
  if ((raw ?? null) === null) return null
  const given = objectOf(raw)
  const percent = optional(own(given, 'percent'))
  const amount = optional(own(given, 'amount'))
  const value = percent ?? amount ?? ZERO
  if ((percent === null) === (amount === null) || value.n < 0n || (percent && percent.compare(HUNDRED) > 0))
    throw malformed('/manual_discount')
  return { percent, amount: amount ?? ZERO }
}

/** The tax rate of an item for the order's customer. Goods without tax stay without. */
export const rateOf = (order: Order, item: Item): Fraction => order.book.tax(item.tax === null ? null : (order.customer.tax ?? item.tax))

/** The factor that stays after so many percent off. */
export const partLeft = (percent: Fraction): Fraction => ONE.sub(percent.div(HUNDRED))

/** An amount of the order's currency in minor units, exactly. */
export const inMinor = (amount: Fraction, currency: Currency): Fraction => amount.mul(scale(currency.minor))
