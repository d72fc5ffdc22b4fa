// A price list and its rules, indexed by what they name. Twin: backend/pricing/rules_lists.py.
import { dec, type Fraction, optional, ZERO } from './numbers.ts'
import { PriceRefusal } from './refusal.ts'
import { listOf, objectOf, own, type Raw, small, textOf, textOrNull } from './shapes.ts'

/** A plain amount, per base unit or per the rule's unit. */
export interface Fixed {
  amount: Fraction
}

/** So much off a base; a negative percent is a margin. */
export interface Off {
  base: string
  percent: Fraction
  roundTo: Fraction
  plus: Fraction
  minMargin: Fraction | null
  maxMargin: Fraction | null
}

/** One row of a list. Quantities are in base units, or in `unit` where one is named. */
export interface Rule {
  id: string
  priority: number
  item: string | null
  itemGroup: string | null
  customer: string | null
  customerGroup: string | null
  unit: string | null
  minQty: Fraction
  maxQty: Fraction | null
  validFrom: string | null
  validTo: string | null
  price: Fixed | Off
}

/** A list with its rules in three drawers: by item, by item group, and for everything. */
export class PriceList {
  readonly id: string
  readonly currency: string
  readonly taxIncluded: boolean
  readonly validFrom: string | null
  readonly validTo: string | null
  private readonly drawers = new Map<string, Raw[]>()
  private readonly read = new Map<string, Rule[]>()

  constructor(id: string, raw: Raw) {
    this.id = id
    this.currency = textOf(own(raw, 'currency'))
    this.taxIncluded = own(raw, 'tax_included') === true
    this.validFrom = textOrNull(own(raw, 'valid_from'))
    this.validTo = textOrNull(own(raw, 'valid_to'))
    for (const rule of listOf(own(raw, 'rules')).map(objectOf)) {
      const item = own(rule, 'item') ?? null
      const group = own(rule, 'item_group') ?? null
      const drawer = item !== null ? `i${textOf(item)}` : group !== null ? `g${textOf(group)}` : ''
      const kept = this.drawers.get(drawer)
      if (kept) kept.push(rule)
      else this.drawers.set(drawer, [rule])
    }
  }

  /** Rules that name the item, then those that name its groups, nearest first, then the general ones. */
  rulesFor(item: string, groups: readonly string[]): Rule[] {
    return [...this.drawer(`i${item}`), ...groups.flatMap((group) => this.drawer(`g${group}`)), ...this.drawer('')]
  }

  private drawer(name: string): Rule[] {
    let rules = this.read.get(name)
    if (!rules) {
      rules = (this.drawers.get(name) ?? []).map(readRule)
      this.read.set(name, rules)
    }
    return rules
  }
}

/** Whether a day lies within inclusive bounds; an absent bound is open. */
export const valid = (on: string, first: string | null, last: string | null): boolean =>
  (first === null || first <= on) && (last === null || on <= last)

function readRule(raw: Raw): Rule {
  return {
    id: textOf(own(raw, 'id')),
    priority: small(own(raw, 'priority'), -(2 ** 31), 2 ** 31),
    item: textOrNull(own(raw, 'item')),
    itemGroup: textOrNull(own(raw, 'item_group')),
    customer: textOrNull(own(raw, 'customer')),
    customerGroup: textOrNull(own(raw, 'customer_group')),
    unit: textOrNull(own(raw, 'unit')),
    minQty: optional(own(raw, 'min_qty')) ?? ZERO,
    maxQty: optional(own(raw, 'max_qty')),
    validFrom: textOrNull(own(raw, 'valid_from')),
    validTo: textOrNull(own(raw, 'valid_to')),
    price: readPrice(objectOf(own(raw, 'price'))),
  }
}

function readPrice(raw: Raw): Fixed | Off {
  const kind = own(raw, 'kind')
  if (kind === 'fixed') return { amount: dec(own(raw, 'amount')) }
  const base = textOrNull(own(raw, 'base')) || 'list'
  if (kind !== 'off' || !(base === 'list' || base === 'cost' || base.startsWith('list:'))) throw new PriceRefusal('book-malformed')
  return {
    base,
    percent: optional(own(raw, 'percent')) ?? ZERO,
    roundTo: optional(own(raw, 'round_to')) ?? ZERO,
    plus: optional(own(raw, 'plus')) ?? ZERO,
    minMargin: optional(own(raw, 'min_margin')),
    maxMargin: optional(own(raw, 'max_margin')),
  }
}
