// The closed grammar of promotion conditions: all, any, not, and one fact compared with a value.
//
// A fact that is missing, or a value of another kind, makes a comparison false, whatever the operator.
// Twin: backend/pricing/rules_conditions.py.
import type { Selector } from './campaigns.ts'
import { compare as compareValues } from './fraction.ts'
import type { Condition, FactName, Operator } from './grammar.ts'
import { decimal, Fraction, scale, sum, total, whole } from './numbers.ts'
import type { Line, Order } from './order.ts'

type Single = Fraction | string | boolean
type Fact = Single | readonly string[] | null

/** The lines promotions look at: ordered, not returned and not given. */
export const bought = (order: Order): Line[] => order.lines.filter((line) => line.base.n > 0n && line.gift === null)

/** Whether a line is among those a selector names. */
export const selects = (selector: Selector, { item, unit }: Line): boolean =>
  (!selector.items || selector.items.has(item.id)) &&
  !selector.notItems.has(item.id) &&
  (!selector.itemGroups || item.groups.some((group) => selector.itemGroups!.has(group))) &&
  (!selector.units || selector.units.has(unit))

/** Whether a condition tree, checked by `condition` of grammar.ts, holds; no condition always does. */
export function holds(order: Order, condition: Condition | null): boolean {
  if (condition === null) return true
  const branch = (one: Condition | null): boolean => holds(order, one)
  if ('all' in condition) return condition.all.every(branch)
  if ('any' in condition) return condition.any.some(branch)
  if ('not' in condition) return !branch(condition.not)
  return compare(FACTS[condition.fact](order), condition.op, condition.value)
}

const amountOf = (order: Order, of: (line: Line) => bigint): Fraction =>
  whole(sum(bought(order).map(of))).div(scale(order.currency.minor))

function isReturn(order: Order): boolean {
  if (order.isReturn !== null) return order.isReturn
  return order.lines.length > 0 && order.lines.every((line) => line.base.n < 0n) // a gift comes with a line that is none
}

const FACTS: Record<FactName, (order: Order) => Fact> = {
  'order.amount': (order) => amountOf(order, (line) => line.gross),
  'order.amount_running': (order) => amountOf(order, (line) => line.remaining),
  'order.qty': (order) => total(bought(order).map((line) => line.base)),
  'order.lines': (order) => whole(BigInt(bought(order).length)),
  'order.date': (order) => order.on,
  'order.currency': (order) => order.currency.code,
  'order.payment_term': (order) => order.paymentTerm,
  'order.payment_method': (order) => order.paymentMethod,
  'order.channel': (order) => order.channel,
  'order.is_return': isReturn,
  'order.coupons': (order) => order.coupons,
  'order.items': (order) => bought(order).map((line) => line.item.id),
  'customer.id': (order) => order.customer.id,
  'customer.groups': (order) => order.customer.groups,
  'customer.regions': (order) => order.regions,
  'customer.first_order': (order) => order.customer.firstOrder,
}

/** One comparison. A fact that is a list is `eq` to each of its members and `in` a list that shares one. */
export function compare(fact: Fact, op: Operator, value: unknown): boolean {
  if (op === 'exists') return (fact !== null && !(Array.isArray(fact) && fact.length === 0)) !== (value === false)
  if (fact === null) return false
  const facts = (Array.isArray(fact) ? fact : [fact]) as readonly Single[]
  const among = (known: Single): boolean => facts.some((one) => order(one, known) === 0)
  if (op === 'eq' || op === 'ne') {
    const known = alike(fact, value)
    return known !== null && among(known) === (op === 'eq')
  }
  if (op === 'in' || op === 'not_in' || op === 'has_any') {
    if (!Array.isArray(value)) return false
    const shared = value.some((one) => {
      const known = alike(fact, one)
      return known !== null && among(known)
    })
    return shared === (op !== 'not_in')
  }
  if (Array.isArray(fact) || typeof fact === 'boolean') return false
  return ordered(fact as Fraction | string, op, value)
}

function ordered(fact: Fraction | string, op: Operator, value: unknown): boolean {
  if (op === 'between') {
    if (!Array.isArray(value) || value.length !== 2) return false
    const low = alike(fact, value[0])
    const high = alike(fact, value[1])
    return low !== null && high !== null && order(low, fact) <= 0 && order(fact, high) <= 0
  }
  const known = alike(fact, value)
  if (known === null) return false
  const difference = order(fact, known)
  if (op === 'lt') return difference < 0
  if (op === 'le') return difference <= 0
  if (op === 'gt') return difference > 0
  return difference >= 0
}

/** Two of the same kind. */
const order = (a: Single, b: Single): number => (a instanceof Fraction ? a.compare(b as Fraction) : compareValues(a, b as typeof a))

/** A value of the fact's kind, or null: numbers are decimal texts, flags are true or false, the rest is text. */
function alike(fact: Fact, value: unknown): Single | null {
  if (typeof fact === 'boolean') return typeof value === 'boolean' ? value : null
  if (typeof value !== 'string') return null
  return fact instanceof Fraction ? decimal(value) : value
}
