// Promotions as data, read. Twin: backend/pricing/rules_campaigns.py. Format: pricing.schema.json.
import { dec, floored, type Fraction, HUNDRED, optional, ZERO } from './numbers.ts'
import { type Condition, condition } from './grammar.ts'
import {
  codeOf,
  dayOrNull,
  flag,
  listOf,
  malformed,
  namesOrNull,
  objectOf,
  objectOrEmpty,
  only,
  own,
  positive,
  positiveOrNull,
  type Raw,
  small,
  textOf,
  textOrNull,
  word,
} from './shapes.ts'

const PROMOTION = ['id', 'name', 'campaign', 'active', 'stage', 'priority', 'group', 'exclusive', 'coupon', 'currency',
  'valid_from', 'valid_to', 'scope', 'when', 'match', 'min', 'effect', 'tiers']
const SELECTOR = ['items', 'not_items', 'item_groups', 'units']
const MINIMUM = ['qty', 'qty_max', 'amount', 'amount_max', 'tax', 'basis', 'scope']
// What each kind of effect may say, apart from `kind`.
const EFFECTS = {
  percent: ['value', 'basis', 'target', 'max_qty', 'cap', 'cap_total'],
  amount: ['value', 'per', 'unit', 'target', 'max_qty', 'cap', 'basis'],
  price: ['value', 'unit', 'raise', 'target', 'basis'],
  gift: ['item', 'qty', 'unit', 'every', 'over', 'max_times', 'price'],
  buy_get: ['buy', 'get', 'repeat', 'max_times', 'pick'],
}

export const SCOPES = ['customers', 'customer_groups', 'regions', 'channel', 'payment_term', 'payment_method', 'price_list'] as const
export type Scope = (typeof SCOPES)[number]

/** Which lines: all parts that are named must hold; within a part one name is enough. */
export interface Selector {
  items: Set<string> | null
  notItems: Set<string>
  itemGroups: Set<string> | null
  units: Set<string> | null
}

/** A threshold on the matched lines together, or on each alone. Amounts in the promotion's currency. */
export interface Minimum {
  qty: Fraction | null
  qtyMax: Fraction | null
  amount: Fraction | null
  amountMax: Fraction | null
  tax: string | null
  running: boolean
  byLine: boolean
}

/** Takes a percentage, an amount, or sets a price. */
export interface Cut {
  kind: 'percent' | 'amount' | 'price'
  value: Fraction
  original: boolean
  target: Selector | null
  maxQty: Fraction | null
  cap: Fraction | null
  capTotal: Fraction | null
  per: string
  perLineUnit: boolean
  mayRaise: boolean
}

/** Adds a line of its own. */
export interface Gift {
  kind: 'gift'
  item: string
  qty: Fraction
  unit: string | null
  every: Fraction | null
  over: Fraction
  maxTimes: bigint | null
  price: Fraction
}

/** Some pieces bought, others discounted. */
export interface BuyGet {
  kind: 'buy_get'
  buyMatch: Selector | null
  buyQty: Fraction
  getMatch: Selector | null
  qty: Fraction
  percent: Fraction
  maxTimes: bigint | null
  dearest: boolean
}

export type Effect = Cut | Gift | BuyGet

/** A threshold and what it gives; a promotion without tiers is one tier without a threshold of its own. */
export interface Tier {
  minimum: Minimum
  effect: Effect
}

/** One promotion. `scope` holds only the parts it names; the ranks say how closely it names items and customers. */
export interface Promotion {
  id: string
  orderStage: boolean
  priority: number
  group: string | null
  exclusive: boolean
  coupon: string | null
  currency: string | null
  validFrom: string | null
  validTo: string | null
  scope: Map<Scope, Set<string>>
  when: Condition | null
  match: Selector
  minimum: Minimum
  tiers: Tier[]
  itemRank: number
  customerRank: number
}

/** The active promotions in their order of work: higher priority first, then by id. */
export function readPromotions(raw: unknown): Promotion[] {
  const given = listOf(raw).map(objectOf)
  const found = given.filter((one) => (own(one, 'active') ?? null) === null || flag(one.active)).map(readPromotion)
  if (new Set(found.map(({ id }) => id)).size !== found.length) throw malformed('/promotions')
  return found.sort((a, b) => b.priority - a.priority || (a.id < b.id ? -1 : 1))
}

function readPromotion(given: Raw): Promotion {
  const raw = only(given, PROMOTION)
  const listed = own(raw, 'tiers') ?? null
  const alone = own(raw, 'effect') ?? null
  const tiers = listOf(listed).map(objectOf)
  if ((listed === null) === (alone === null) || !tiers.every((one) => Object.hasOwn(one, 'min'))) throw malformed()
  if (listed !== null && !tiers.length) throw malformed()
  const named = only(objectOrEmpty(own(raw, 'scope')), SCOPES)
  const head = {
    id: codeOf(own(raw, 'id')),
    orderStage: word(own(raw, 'stage'), ['line', 'order']) === 'order',
    priority: small(own(raw, 'priority'), -(2 ** 31), 2 ** 31),
    group: textOrNull(own(raw, 'group')),
    exclusive: flag(own(raw, 'exclusive')),
    coupon: textOrNull(own(raw, 'coupon')),
    currency: textOrNull(own(raw, 'currency')),
    validFrom: dayOrNull(own(raw, 'valid_from')),
    validTo: dayOrNull(own(raw, 'valid_to')),
  }
  const scope = new Map<Scope, Set<string>>()
  for (const name of SCOPES) {
    const names = namesOrNull(own(named, name))
    if (names) scope.set(name, names)
  }
  const when = condition(own(raw, 'when'))
  const match = selector(own(raw, 'match'))
  return {
    ...head,
    scope,
    when,
    match,
    minimum: minimum(own(raw, 'min')),
    tiers: listed === null ? [tier({ effect: alone })] : tiers.map(tier),
    itemRank: match.items ? 2 : match.itemGroups ? 1 : 0,
    customerRank: scope.has('customers') ? 2 : scope.has('customer_groups') ? 1 : 0,
  }
}

function tier(raw: Raw): Tier {
  only(raw, ['min', 'effect'])
  return { minimum: minimum(own(raw, 'min')), effect: effect(own(raw, 'effect')) }
}

function selector(given: unknown): Selector {
  const raw = only(objectOrEmpty(given), SELECTOR)
  const names = (key: string): Set<string> | null => namesOrNull(own(raw, key))
  return { items: names('items'), notItems: names('not_items') ?? new Set(), itemGroups: names('item_groups'), units: names('units') }
}

const selectorOrNull = (given: unknown): Selector | null => ((given ?? null) === null ? null : selector(given))

function minimum(given: unknown): Minimum {
  const raw = only(objectOrEmpty(given), MINIMUM)
  return {
    tax: (own(raw, 'tax') ?? null) === null ? null : word(raw.tax, ['incl', 'excl']),
    running: word(own(raw, 'basis'), ['before', 'running']) === 'running',
    byLine: word(own(raw, 'scope'), ['all', 'line']) === 'line',
    qty: optional(own(raw, 'qty')),
    qtyMax: optional(own(raw, 'qty_max')),
    amount: optional(own(raw, 'amount')),
    amountMax: optional(own(raw, 'amount_max')),
  }
}

function effect(given: unknown): Effect {
  const raw = objectOf(given)
  const kind = word(own(raw, 'kind') ?? '', ['percent', 'amount', 'price', 'gift', 'buy_get'])
  only(raw, ['kind', ...EFFECTS[kind]])
  if (kind === 'gift') return gift(raw)
  return kind === 'buy_get' ? buyGet(raw) : cut(kind, raw)
}

const cut = (kind: Cut['kind'], raw: Raw): Cut => ({
  kind,
  original: word(own(raw, 'basis'), ['running', 'original']) === 'original',
  target: selectorOrNull(own(raw, 'target')),
  per: word(own(raw, 'per'), ['order', 'line', 'unit']),
  perLineUnit: word(own(raw, 'unit'), ['base', 'line']) === 'line',
  mayRaise: flag(own(raw, 'raise')),
  value: positive(own(raw, 'value')),
  maxQty: positiveOrNull(own(raw, 'max_qty')),
  cap: positiveOrNull(own(raw, 'cap')),
  capTotal: positiveOrNull(own(raw, 'cap_total')),
})

const gift = (raw: Raw): Gift => ({
  kind: 'gift',
  item: textOf(own(raw, 'item')),
  unit: textOrNull(own(raw, 'unit')),
  qty: some(own(raw, 'qty')),
  every: positiveOrNull(own(raw, 'every')),
  over: positiveOrNull(own(raw, 'over')) ?? ZERO,
  maxTimes: times(own(raw, 'max_times')),
  price: positiveOrNull(own(raw, 'price')) ?? ZERO,
})

function buyGet(raw: Raw): BuyGet {
  const buy = only(objectOf(own(raw, 'buy')), ['match', 'qty'])
  const get = only(objectOf(own(raw, 'get')), ['match', 'qty', 'percent'])
  const percent = positiveOrNull(own(get, 'percent')) ?? HUNDRED
  const repeat = flag(own(raw, 'repeat'))
  const most = times(own(raw, 'max_times'))
  return {
    kind: 'buy_get',
    buyMatch: selectorOrNull(own(buy, 'match')),
    getMatch: selectorOrNull(own(get, 'match')),
    dearest: word(own(raw, 'pick'), ['cheapest', 'dearest']) === 'dearest',
    buyQty: positive(own(buy, 'qty')),
    qty: some(own(get, 'qty')),
    percent,
    maxTimes: repeat ? most : 1n,
  }
}

/** A decimal text above 0. */
function some(given: unknown): Fraction {
  const found = dec(given)
  if (found.n <= 0n) throw malformed()
  return found
}

/** How often at most, whole; null is without limit. */
function times(given: unknown): bigint | null {
  const value = positiveOrNull(given)
  return value === null ? null : floored(value)
}
