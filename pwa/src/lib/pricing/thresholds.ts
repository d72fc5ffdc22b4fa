// Whether a promotion holds for an order, and which lines it hits with which effect. Twin: backend/pricing/rules_thresholds.py.
import { type Cut, type Effect, type Minimum, type Promotion, type Scope, SCOPES } from './campaigns.ts'
import { holds, selects } from './conditions.ts'
import type { Money } from './effects.ts'
import { valid } from './lists.ts'
import { type Fraction, ONE, scale, text, total, whole } from './numbers.ts'
import { type Line, type Order, rateOf } from './order.ts'
import { PriceRefusal, refusalOr } from './refusal.ts'

type Numbers = Record<string, string>

/** Why a promotion does not hold, with what is missing where that can be said. */
export interface Skip {
  code: string
  numbers: Numbers
}

/** An effect and the matched lines that earned it. */
export interface Hit {
  effect: Effect
  lines: Line[]
  money: Money
}

/** The hits, and what is missing for the first tier that was not reached. */
export interface Found {
  hits: Hit[]
  nextTier: Numbers | null
}

const skip = (code: string, numbers: Numbers = {}): Skip => ({ code, numbers })

/** Checks a promotion from its dates to its tiers, on the lines in `pool` as they stand now. */
export function eligible(order: Order, promotion: Promotion, pool: Line[]): Skip | Found {
  const code = closed(order, promotion)
  if (code !== null) return skip(code, code === 'coupon' ? { coupon: String(promotion.coupon) } : {})
  const money = moneyOf(order, promotion)
  if (!money) return skip('currency')
  if (!holds(order, promotion.when)) return skip('when')
  const { items, itemGroups } = promotion.match
  // Most promotions name nothing of the order: that is said at once.
  const apart = (items && apartFrom(items, order.itemIds)) || (itemGroups && apartFrom(itemGroups, order.itemGroups))
  const matched = apart ? [] : pool.filter((line) => selects(promotion.match, line))
  if (!matched.length) return skip('match')
  const lines = passing(order, promotion.minimum, matched, money)
  if (!lines.length) return skip('min', missing(order, promotion.minimum, matched, money))
  return tiers(order, promotion, lines, money)
}

/** The lines an effect changes: its target's, else those that earned it. */
export const touched = ({ target }: Cut, { lines }: Hit, pool: readonly Line[]): Line[] =>
  target === null ? lines : pool.filter((line) => selects(target, line))

function apartFrom(names: ReadonlySet<string>, known: ReadonlySet<string>): boolean {
  for (const name of names) if (known.has(name)) return false
  return true
}

function closed(order: Order, promotion: Promotion): string | null {
  if (!valid(order.on, promotion.validFrom, promotion.validTo)) return 'date'
  if (promotion.coupon !== null && !order.coupons.includes(promotion.coupon)) return 'coupon'
  if (promotion.currency !== null && promotion.currency !== order.currency.code) return 'currency'
  for (const name of SCOPES) {
    const named = promotion.scope.get(name)
    if (named && !about(order, name).some((one) => named.has(one))) return name
  }
  return null
}

/** What the order is, by the words of a scope. */
function about(order: Order, name: Scope): readonly string[] {
  if (name === 'customer_groups') return order.customer.groups
  if (name === 'regions') return order.regions
  const one = {
    customers: order.customer.id,
    channel: order.channel,
    payment_term: order.paymentTerm,
    payment_method: order.paymentMethod,
    price_list: order.firstList,
  }[name]
  return one === null ? [] : [one]
}

/** Amounts are in the promotion's currency, or the company's where it names none; null without a rate. */
function moneyOf(order: Order, promotion: Promotion): Money | null {
  const own = promotion.currency || order.book.companyCurrency
  const factor = refusalOr(() => order.book.exchanged(ONE, own, order.currency.code, order.on).mul(scale(order.currency.minor)))
  if (!(factor instanceof PriceRefusal)) return (amount) => amount.mul(factor)
  if (factor.code === 'rate-missing') return null
  throw factor
}

function tiers(order: Order, promotion: Promotion, lines: Line[], money: Money): Skip | Found {
  const reached = new Map<number, number>()
  promotion.tiers.forEach((tier, place) => {
    for (const line of passing(order, tier.minimum, lines, money)) reached.set(line.seq, place)
  })
  if (!reached.size) return skip('tier', missing(order, promotion.tiers[0]!.minimum, lines, money))
  const hits = promotion.tiers
    .map((tier, place) => ({ effect: tier.effect, lines: lines.filter((line) => reached.get(line.seq) === place), money }))
    .filter((hit) => hit.lines.length)
  const beyond = promotion.tiers[Math.max(...reached.values()) + 1]
  return { hits, nextTier: beyond ? missing(order, beyond.minimum, lines, money) : null }
}

function passing(order: Order, minimum: Minimum, lines: Line[], money: Money): Line[] {
  if (minimum.byLine) return lines.filter((line) => meets(order, minimum, [line], money))
  return meets(order, minimum, lines, money) ? lines : []
}

const counted = (lines: readonly Line[]): Fraction => total(lines.map((line) => line.base))

function meets(order: Order, minimum: Minimum, lines: readonly Line[], money: Money): boolean {
  const { qty, qtyMax, amount, amountMax } = minimum
  const pieces = counted(lines)
  if ((qty && pieces.compare(qty) < 0) || (qtyMax && pieces.compare(qtyMax) > 0)) return false
  if (amount === null && amountMax === null) return true
  const worth = amountOf(order, minimum, lines)
  return !(amount && worth.compare(money(amount)) < 0) && !(amountMax && worth.compare(money(amountMax)) > 0)
}

/** Minor units, before promotions or what is left, with or without tax, not rounded. */
function amountOf(order: Order, minimum: Minimum, lines: readonly Line[]): Fraction {
  let plain = 0n
  const taxed = new Map<Fraction, bigint>()
  const withTax = minimum.tax === 'incl'
  for (const line of lines) {
    const amount = minimum.running ? line.remaining : line.gross
    const rate = minimum.tax === null || withTax === line.taxIncluded ? null : rateOf(order, line.item)
    if (rate === null) plain += amount
    else taxed.set(rate, (taxed.get(rate) ?? 0n) + amount)
  }
  const others = [...taxed].map(([rate, amount]) => (withTax ? whole(amount).mul(ONE.add(rate)) : whole(amount).div(ONE.add(rate))))
  return others.reduce((a, b) => a.add(b), whole(plain))
}

/** How much more of what: base units, or the order's currency. Nothing where each line counts alone. */
function missing(order: Order, minimum: Minimum, lines: readonly Line[], money: Money): Numbers {
  if (minimum.byLine) return {}
  const pieces = counted(lines)
  if (minimum.qty !== null && pieces.compare(minimum.qty) < 0) return { missing: text(minimum.qty.sub(pieces)), of: 'qty' }
  if (minimum.amount !== null) {
    const short = money(minimum.amount).sub(amountOf(order, minimum, lines))
    if (short.n > 0n) return { missing: text(short.div(scale(order.currency.minor))), of: 'amount' }
  }
  return {}
}
