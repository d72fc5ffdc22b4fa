// Manual discounts and tax: what comes after the prices. Twin: backend/pricing/rules_tax.py.
import { atDigits, type Fraction, ONE, rounded, share, sum, total, toWhole, whole } from './numbers.ts'
import { inMinor, type Line, type Order, partLeft, rateOf } from './order.ts'

export const MANUAL = 'manual'
export const TERMS = 'terms'
export const MANUAL_ORDER = 'manual_order'

/**
 * First each line's own discount, then the order's, both on what is left. Returned lines take only their own. A line nobody
 * typed a price or a discount for takes the customer's standing discount (`terms`), a return as well.
 */
export function manualDiscounts(order: Order): void {
  for (const line of order.lines) {
    const left = whole(line.remaining)
    const standing = order.customer.discount
    if (!line.manual) {
      if (standing !== null && line.given === null && line.gift === null) line.leftWith(left.mul(partLeft(standing)), TERMS)
      continue
    }
    const { percent, amount } = line.manual
    if (percent !== null) line.leftWith(left.mul(partLeft(percent)), MANUAL)
    else {
      const minor = inMinor(amount, order.currency)
      line.leftWith(line.gross >= 0n ? left.sub(minor) : left.add(minor), MANUAL)
    }
  }
  if (!order.manual) return
  const lines = order.lines.filter((line) => line.remaining > 0n && line.gift === null)
  const { percent, amount } = order.manual
  if (percent !== null) for (const line of lines) line.leftWith(whole(line.remaining).mul(partLeft(percent)), MANUAL_ORDER)
  else spread(lines, atDigits(amount, order.currency.minor), MANUAL_ORDER)
}

/** Takes an amount (minor units) off lines in proportion to what is left of each, never more than that. */
export function spread(lines: readonly Line[], amount: bigint, why: string): void {
  const limits = lines.map((line) => line.remaining)
  const parts = share(amount, limits, limits)
  lines.forEach((line, i) => line.leftWith(whole(line.remaining - parts[i]!), why))
}

/** R4: net and tax of every line, rounded per line, or per rate where the order or the book says so. */
export function taxes(order: Order): void {
  const buckets = new Map<string, { rate: Fraction; lines: Line[] }>()
  for (const line of order.lines) {
    const rate = rateOf(order, line.item)
    if (!order.byRate) settle(line, rate)
    else {
      const key = `${rate.n}/${rate.d}/${line.taxIncluded}`
      const bucket = buckets.get(key)
      if (bucket) bucket.lines.push(line)
      else buckets.set(key, { rate, lines: [line] })
    }
  }
  for (const { rate, lines } of buckets.values()) settleTogether(lines, rate)
}

/** Tax on an amount or inside it, before rounding. */
export const exactTax = (amount: Fraction, rate: Fraction, included: boolean): Fraction =>
  included ? amount.mul(rate).div(ONE.add(rate)) : amount.mul(rate)

function settle(line: Line, rate: Fraction): void {
  if (line.taxIncluded) {
    line.net = rounded(whole(line.remaining).div(ONE.add(rate)))
    line.tax = line.remaining - line.net
  } else {
    line.net = line.remaining
    line.tax = rounded(whole(line.remaining).mul(rate))
  }
}

function settleTogether(lines: readonly Line[], rate: Fraction): void {
  const included = lines[0]!.taxIncluded
  const exact = lines.map((line) => exactTax(whole(line.remaining), rate, included))
  const amount = sum(lines.map((line) => line.remaining))
  const tax = included ? amount - rounded(whole(amount).div(ONE.add(rate))) : rounded(total(exact))
  toWhole(tax, exact).forEach((part, i) => {
    const line = lines[i]!
    line.tax = part
    line.net = included ? line.remaining - part : line.remaining
  })
}
