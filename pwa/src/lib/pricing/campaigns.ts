// Promotions as data, read. Twin: backend/pricing/rules_campaigns.py. Format: pricing.schema.json.
import { dec, floored, type Fraction, HUNDRED, optional, ZERO } from './numbers.ts'
import { PriceRefusal } from './refusal.ts'
import { listOf, objectOf, objectOrEmpty, own, type Raw, small, textOf, textOrNull, texts } from './shapes.ts'

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
  when: unknown
  match: Selector
  minimum: Minimum
  tiers: Tier[]
  itemRank: number
  customerRank: number
}

/** The active promotions in their order of work: higher priority first, then by id. */
export const readPromotions = (raw: unknown): Promotion[] =>
  listOf(raw)
    .map(objectOf)
    .filter((one) => own(one, 'active') !== false)
    .map(readPromotion)
    .sort((a, b) => b.priority - a.priority || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0))

function readPromotion(raw: Raw): Promotion {
  const given = own(raw, 'tiers') ?? null
  const tiers = given === null ? [{ effect: own(raw, 'effect') }] : listOf(given).map(objectOf)
  const named = objectOrEmpty(own(raw, 'scope'))
  const scope = new Map<Scope, Set<string>>()
  for (const name of SCOPES) if ((own(named, name) ?? null) !== null) scope.set(name, new Set(texts(named[name])))
  const match = selector(own(raw, 'match'))
  return {
    id: textOf(own(raw, 'id')),
    orderStage: own(raw, 'stage') === 'order',
    priority: small(own(raw, 'priority'), -(2 ** 31), 2 ** 31),
    group: textOrNull(own(raw, 'group')),
    exclusive: own(raw, 'exclusive') === true,
    coupon: textOrNull(own(raw, 'coupon')),
    currency: textOrNull(own(raw, 'currency')),
    validFrom: textOrNull(own(raw, 'valid_from')),
    validTo: textOrNull(own(raw, 'valid_to')),
    scope,
    when: own(raw, 'when') ?? null,
    match,
    minimum: minimum(own(raw, 'min')),
    tiers: tiers.map((one: Raw) => ({ minimum: minimum(own(one, 'min')), effect: effect(own(one, 'effect')) })),
    itemRank: match.items ? 2 : match.itemGroups ? 1 : 0,
    customerRank: scope.has('customers') ? 2 : scope.has('customer_groups') ? 1 : 0,
  }
}

function selector(given: unknown): Selector {
  const raw = objectOrEmpty(given)
  const names = (key: string): Set<string> | null => {
    const value = own(raw, key) ?? null
    return value === null ? null : new Set(texts(value))
  }
  return { items: names('items'), notItems: names('not_items') ?? new Set(), itemGroups: names('item_groups'), units: names('units') }
}

const selectorOrNull = (given: unknown): Selector | null => ((given ?? null) === null ? null : selector(given))

function minimum(given: unknown): Minimum {
  const raw = objectOrEmpty(given)
  return {
    qty: optional(own(raw, 'qty')),
    qtyMax: optional(own(raw, 'qty_max')),
    amount: optional(own(raw, 'amount')),
    amountMax: optional(own(raw, 'amount_max')),
    tax: textOrNull(own(raw, 'tax')),
    running: own(raw, 'basis') === 'running',
    byLine: own(raw, 'scope') === 'line',
  }
}

function effect(given: unknown): Effect {
  const raw = objectOf(given)
  const kind = own(raw, 'kind')
  if (kind === 'percent' || kind === 'amount' || kind === 'price') return cut(kind, raw)
  if (kind === 'gift')
    return {
      kind,
      item: textOf(own(raw, 'item')),
      qty: dec(own(raw, 'qty')),
      unit: textOrNull(own(raw, 'unit')),
      every: optional(own(raw, 'every')),
      over: optional(own(raw, 'over')) ?? ZERO,
      maxTimes: times(own(raw, 'max_times')),
      price: optional(own(raw, 'price')) ?? ZERO,
    }
  if (kind === 'buy_get') return buyGet(raw)
  throw new PriceRefusal('book-malformed')
}

const cut = (kind: Cut['kind'], raw: Raw): Cut => ({
  kind,
  value: dec(own(raw, 'value')),
  original: own(raw, 'basis') === 'original',
  target: selectorOrNull(own(raw, 'target')),
  maxQty: optional(own(raw, 'max_qty')),
  cap: optional(own(raw, 'cap')),
  capTotal: optional(own(raw, 'cap_total')),
  per: textOrNull(own(raw, 'per')) || 'order',
  perLineUnit: own(raw, 'unit') === 'line',
  mayRaise: own(raw, 'raise') === true,
})

function buyGet(raw: Raw): BuyGet {
  const buy = objectOf(own(raw, 'buy'))
  const get = objectOf(own(raw, 'get'))
  const found: BuyGet = {
    kind: 'buy_get',
    buyMatch: selectorOrNull(own(buy, 'match')),
    buyQty: dec(own(buy, 'qty')),
    getMatch: selectorOrNull(own(get, 'match')),
    qty: dec(own(get, 'qty')),
    percent: optional(own(get, 'percent')) ?? HUNDRED,
    maxTimes: own(raw, 'repeat') === true ? times(own(raw, 'max_times')) : 1n,
    dearest: own(raw, 'pick') === 'dearest',
  }
  if (found.buyQty.compare(ZERO) < 0 || found.qty.compare(ZERO) <= 0) throw new PriceRefusal('book-malformed')
  return found
}

/** How often at most, whole; null is without limit. */
function times(given: unknown): bigint | null {
  const value = optional(given)
  return value === null ? null : floored(value)
}
