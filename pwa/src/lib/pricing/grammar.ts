// The closed grammar of promotion conditions, checked before anything is priced. Twin: backend/pricing/rules_grammar.py.
//
// A condition nobody can read must not quietly hold or not hold, least of all under a `not`: it is refused as it is read.
import { malformed, objectOf, only, own, word } from './shapes.ts'

const DEEPEST_CONDITION = 32
const FACTS = [
  'order.amount', 'order.amount_running', 'order.qty', 'order.lines', 'order.date', 'order.currency', 'order.payment_term',
  'order.payment_method', 'order.channel', 'order.is_return', 'order.coupons', 'order.items', 'customer.id', 'customer.groups',
  'customer.regions', 'customer.first_order',
] as const
const OPERATORS = ['eq', 'ne', 'lt', 'le', 'gt', 'ge', 'between', 'in', 'not_in', 'has_any', 'exists'] as const

/** The name of a fact. */
export type FactName = (typeof FACTS)[number]
/** How a fact is compared. */
export type Operator = (typeof OPERATORS)[number]
/** A condition tree. */
export type Condition =
  | { all: (Condition | null)[] }
  | { any: (Condition | null)[] }
  | { not: Condition | null }
  | { fact: FactName; op: Operator; value?: unknown }

/** A condition tree, as it was given: null, `{all}`, `{any}`, `{not}` or `{fact, op, value?}`, at most 32 deep. */
export function condition(given: unknown, depth = 0): Condition | null {
  if ((given ?? null) === null) return null
  const raw = objectOf(given)
  if (depth === DEEPEST_CONDITION) throw malformed()
  for (const name of ['all', 'any']) {
    const branches = own(raw, name)
    if (branches === undefined) continue
    only(raw, [name])
    if (!Array.isArray(branches)) throw malformed()
    for (const branch of branches) condition(branch, depth + 1)
    return raw as Condition
  }
  if (Object.hasOwn(raw, 'not')) {
    only(raw, ['not'])
    condition(raw.not, depth + 1)
    return raw as Condition
  }
  only(raw, ['fact', 'op', 'value'])
  word(own(raw, 'fact') ?? '', FACTS)
  word(own(raw, 'op') ?? '', OPERATORS)
  return raw as unknown as Condition
}
