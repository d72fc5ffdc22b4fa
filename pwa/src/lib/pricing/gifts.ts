// Gifts: whole times only, a line of their own at the promotion's price. Twin: backend/pricing/rules_gifts.py.
import type { Gift, Promotion } from './campaigns.ts'
import type { Money } from './effects.ts'
import { floored, type Fraction, scale, text, total, whole, ZERO } from './numbers.ts'
import { Line, type Order } from './order.ts'
import { PriceRefusal, refusalOr } from './refusal.ts'

const counted = (lines: readonly Line[]): Fraction => total(lines.map((line) => line.base))

/** How often the gift is earned: once, or for every `every` base units above `over`; at most `max_times`. */
export function giftTimes(effect: Gift, lines: readonly Line[]): bigint {
  const { every, over, maxTimes } = effect
  let times = every === null || every.n <= 0n ? 1n : floored(counted(lines).sub(over).div(every))
  if (maxTimes !== null && maxTimes < times) times = maxTimes
  return times > 0n ? times : 0n
}

/** What one time of the gift is worth at its list price, minor units, not rounded; 0 where that is not known. */
export function giftValue(order: Order, effect: Gift): Fraction {
  const worth = refusalOr(() => {
    const { item, base } = giftLine(order, effect, 1n)
    if (item.listPrice === null) return ZERO
    const price = order.book.exchanged(item.listPrice, item.listCurrency, order.currency.code, order.on)
    return price.mul(base).mul(scale(order.currency.minor))
  })
  return worth instanceof PriceRefusal ? ZERO : worth
}

/** Adds the gift line these lines earn, or notes why there is none: too little bought, or nothing to give. */
export function addGift(order: Order, promotion: Promotion, effect: Gift, lines: readonly Line[], money: Money): void {
  const times = giftTimes(effect, lines)
  if (times === 0n) {
    const short = (effect.every ?? ZERO).add(effect.over).sub(counted(lines))
    const missing = short.n > 0n ? { missing: text(short), of: 'qty' } : {}
    order.trace.push({ code: 'min', promotion: promotion.id, ...missing } as Record<string, string>)
    return
  }
  const gift = refusalOr(() => giftLine(order, effect, times))
  if (gift instanceof PriceRefusal) {
    order.trace.push({ code: 'gift', promotion: promotion.id })
    return
  }
  gift.gift = promotion.id
  gift.source = 'gift'
  gift.taxIncluded = order.firstIncluded
  gift.priced(money(effect.price).div(scale(order.currency.minor)), order.currency)
  order.lines.push(gift)
}

function giftLine(order: Order, effect: Gift, times: bigint): Line {
  const item = order.book.item(effect.item)
  return new Line(order.lines.length, null, item, effect.unit ?? item.units.base ?? '', effect.qty.mul(whole(times)))
}
