// Whether a promotion holds for an order, and which lines it hits with which effect. Twin: backend/pricing/rules_thresholds.py.
import { type Effect, type Minimum, type Promotion, type Scope, SCOPES } from './campaigns.ts'
import { holds, selects } from './conditions.ts'
import type { Money } from './effects.ts'
import { valid } from './lists.ts'
import { type Fraction, ONE, scale, text, total, whole, ZERO } from './numbers.ts'
import type { Line, Order } from './order.ts'
import { PriceRefusal } from './refusal.ts'

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
  if (code !== null) return skip(code, code === 'coupon' && promotion.coupon ? { coupon: promotion.coupon } : {})
  const money = moneyOf(order, promotion)
  if (!money) return skip('currency')
  if (!holds(order, promotion.when)) return skip('when')
  const matched = pool.filter((line) => selects(promotion.match, line))
  if (!matched.length) return skip('match')
  const lines = passing(order, promotion.minimum, matched, money)
  if (!lines.length) return skip('min', missing(order, promotion.minimum, matched, money))
  return tiers(order, promotion, lines, money)
}

/** The lines an effect changes: its target's, else those that earned it. */
export function touched(hit: Hit, pool: readonly Line[]): Line[] {
  const target = 'target' in hit.effect ? hit.effect.target : null
  return target === null ? hit.lines : pool.filter((line) => selects(target, line))
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
  try {
    const factor = order.book.exchanged(ONE, own, order.currency.code, order.on).mul(scale(order.currency.minor))
    return (amount) => amount.mul(factor)
  } catch (refusal) {
    if (refusal instanceof PriceRefusal && refusal.code === 'rate-missing') return null
    throw refusal
  }
}

function tiers(order: Order, promotion: Promotion, lines: Line[], money: Money): Skip | Found {
  const reached = new Map<number, number>()
  promotion.tiers.forEach((tier, place) => {
    for (const line of passing(order, tier.minimum, lines, money)) reached.set(line.seq, place)
  })
  const first = promotion.tiers[0]
  if (!reached.size) return skip('tier', first ? missing(order, first.minimum, lines, money) : {})
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
  return total(
    lines.map((line) => {
      const amount = whole(minimum.running ? line.remaining : line.gross)
      const rate = ONE.add(order.book.tax(line.item.tax))
      if (minimum.tax === 'incl' && !line.taxIncluded) return amount.mul(rate)
      return minimum.tax === 'excl' && line.taxIncluded ? amount.div(rate) : amount
    }),
  )
}

/** How much more of what: base units, or the order's currency. Nothing where each line counts alone. */
function missing(order: Order, minimum: Minimum, lines: readonly Line[], money: Money): Numbers {
  if (minimum.byLine) return {}
  const pieces = counted(lines)
  if (minimum.qty !== null && pieces.compare(minimum.qty) < 0) return { missing: text(minimum.qty.sub(pieces)), of: 'qty' }
  if (minimum.amount !== null) {
    const short = money(minimum.amount).sub(amountOf(order, minimum, lines))
    if (short.compare(ZERO) > 0) return { missing: text(short.div(scale(order.currency.minor))), of: 'amount' }
  }
  return {}
}
