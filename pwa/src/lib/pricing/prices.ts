// The list price of a line: which list, which rule, what amount. Twin: backend/pricing/rules_prices.py.
//
// The more specific price wins, never the cheaper one.
import type { Customer } from './book.ts'
import { compare } from './fraction.ts'
import { type Off, type PriceList, type Rule, valid } from './lists.ts'
import { type Fraction, ONE, text, toStep } from './numbers.ts'
import { type Line, type Order, partLeft } from './order.ts'
import { PriceRefusal } from './refusal.ts'

const DEEPEST = 5

/** Gives every line its unit price, gross and source. Refuses `no-price` for a line nothing prices. */
export function priceLines(order: Order): void {
  const lists = candidates(order)
  order.firstList = lists[0]?.id ?? null
  order.firstIncluded = lists[0]?.taxIncluded ?? false
  for (const line of order.lines) priceLine(order, lists, line)
}

/** The lists to try, first to last; each only if it holds on the order's day. */
export function candidates(order: Order): PriceList[] {
  const { book, customer } = order
  const named = [
    order.priceList,
    customer.priceList,
    nearest(customer.groups, (group) => book.listOfGroup(group)),
    nearest(order.regions, (region) => book.listOfRegion(region)),
    book.defaultList,
  ]
  const found: PriceList[] = []
  for (const code of new Set(named)) {
    if (!code) continue
    const list = book.priceList(code)
    if (valid(order.on, list.validFrom, list.validTo)) found.push(list)
    else order.trace.push({ code: 'date', list: code })
  }
  return found
}

/** The list of the first that has one; what stands behind it is not read. */
function nearest(names: readonly string[], listOf: (name: string) => string | null): string | null {
  for (const name of names) {
    const code = listOf(name)
    if (code) return code
  }
  return null
}

function priceLine(order: Order, lists: PriceList[], line: Line): void {
  if (line.given !== null) {
    line.taxIncluded = order.firstIncluded
    line.source = 'given'
    line.priced(line.given, order.currency)
    return
  }
  for (const list of lists) if (priceFrom(order, list, line)) return
  const { item } = line
  if (item.listPrice === null || item.listPrice.n < 0n) throw new PriceRefusal('no-price', { item: item.id }, `/lines/${line.seq}/item`)
  line.source = 'item'
  const perBase = order.book.exchanged(item.listPrice, item.listCurrency, order.currency.code, order.on)
  line.priced(perBase.mul(line.factor), order.currency)
}

/** Prices a line from one list; false when none of its rules does. */
function priceFrom(order: Order, list: PriceList, line: Line): boolean {
  const rules = matching(order, list, line, true)
  for (const [place, rule] of rules.entries()) {
    const found = amount(order, list, rule, line, 0)
    // Nobody is paid for taking goods.
    if (found === null || found.n < 0n) {
      order.trace.push({ code: 'base', line: line.name, list: list.id, rule: rule.id })
      continue
    }
    for (const other of rules.slice(place + 1))
      order.trace.push({ code: 'outranked', line: line.name, list: list.id, rule: other.id })
    line.source = `list:${list.id}/${rule.id}`
    line.taxIncluded = list.taxIncluded
    const perBase = order.book.exchanged(found, list.currency, order.currency.code, order.on)
    line.priced(perBase.mul(line.factor), order.currency)
    return true
  }
  return false
}

/** The rules that hold for a line, best first; why the others do not goes into the trace. */
function matching(order: Order, list: PriceList, line: Line, explain: boolean): Rule[] {
  const kept: { rule: Rule; rank: Rank }[] = []
  for (const rule of list.rulesFor(line.item.id, line.item.groups)) {
    const code = refusal(rule, order.on, order.customer, line)
    if (code === null) kept.push({ rule, rank: rankOf(rule, order.customer, line) })
    else if (explain) {
      const missing: Record<string, string> = code === 'min_qty' ? { missing: text(rule.minQty.sub(counted(rule, line))) } : {}
      order.trace.push({ code, line: line.name, list: list.id, rule: rule.id, ...missing })
    }
  }
  kept.sort((a, b) => byRank(b.rank, a.rank) || compare(a.rule.id, b.rule.id))
  return kept.map(({ rule }) => rule)
}

function refusal(rule: Rule, on: string, customer: Customer, line: Line): string | null {
  if (!valid(on, rule.validFrom, rule.validTo)) return 'date'
  if (rule.customer !== null && rule.customer !== customer.id) return 'customers'
  if (rule.customerGroup !== null && !customer.groups.includes(rule.customerGroup)) return 'customer_groups'
  if (rule.itemGroup !== null && !line.item.groups.includes(rule.itemGroup)) return 'match'
  if (rule.unit !== null && rule.unit !== line.unit) return 'unit'
  const qty = counted(rule, line)
  if (qty.compare(rule.minQty) < 0) return 'min_qty'
  return rule.maxQty !== null && qty.compare(rule.maxQty) > 0 ? 'max_qty' : null
}

/** The quantity a rule compares: in its own unit, else in base units; of a return, as much as was sold. */
const counted = (rule: Rule, line: Line): Fraction => (rule.unit === null ? line.base : line.qty).abs()

interface Rank {
  numbers: [number, number, number, number]
  minQty: Fraction
  since: string
}

const rankOf = (rule: Rule, customer: Customer, line: Line): Rank => ({
  numbers: [
    rule.priority,
    nearness(rule.customer, rule.customerGroup, customer.groups),
    nearness(rule.item, rule.itemGroup, line.item.groups),
    rule.unit === null ? 0 : 1,
  ],
  minQty: rule.minQty,
  since: rule.validFrom ?? '',
})

/** Named itself > nearest group > any. */
function nearness(named: string | null, group: string | null, groups: readonly string[]): number {
  if (named !== null) return groups.length + 1
  return group === null ? 0 : groups.length - groups.indexOf(group)
}

function byRank(a: Rank, b: Rank): number {
  for (const [place, number] of a.numbers.entries()) {
    const difference = number - b.numbers[place]!
    if (difference) return difference
  }
  return a.minQty.compare(b.minQty) || compare(a.since, b.since)
}

/** What a rule says, per base unit in its list's currency; null where its base has no price. */
function amount(order: Order, list: PriceList, rule: Rule, line: Line, depth: number): Fraction | null {
  const per = rule.unit === null ? ONE : line.factor
  if ('amount' in rule.price) return rule.price.amount.div(per)
  const base = baseOf(order, list, rule.price, line, depth)
  return base === null ? null : off(rule.price, base.mul(per)).div(per)
}

/** So much off a base, step by step: percent, round_to, plus, then the margins around the base. */
function off(price: Off, base: Fraction): Fraction {
  let value = toStep(base.mul(partLeft(price.percent)), price.roundTo).add(price.plus)
  if (price.minMargin !== null) value = larger(value, base.add(price.minMargin))
  if (price.maxMargin !== null) value = lesser(value, base.add(price.maxMargin))
  return value
}

/** The larger of two. */
export const larger = (a: Fraction, b: Fraction): Fraction => (b.compare(a) > 0 ? b : a)

/** The smaller of two. */
export const lesser = (a: Fraction, b: Fraction): Fraction => (b.compare(a) < 0 ? b : a)

function baseOf(order: Order, list: PriceList, price: Off, line: Line, depth: number): Fraction | null {
  if (!price.base.startsWith('list:')) {
    const own = price.base === 'list' ? line.item.listPrice : line.item.cost
    return own === null ? null : order.book.exchanged(own, line.item.listCurrency, list.currency, order.on)
  }
  if (depth === DEEPEST) throw new PriceRefusal('price-nesting', { price_list: list.id }, `/lines/${line.seq}/item`)
  const below = order.book.priceList(price.base.slice('list:'.length))
  if (!valid(order.on, below.validFrom, below.validTo)) return null
  for (const rule of matching(order, below, line, false)) {
    const found = amount(order, below, rule, line, depth + 1)
    if (found !== null) return order.book.exchanged(found, below.currency, list.currency, order.on)
  }
  return null
}

