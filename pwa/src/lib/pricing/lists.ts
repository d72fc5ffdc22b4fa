// A price list and its rules, indexed by what they name. Twin: backend/pricing/rules_lists.py.
import { dec, type Fraction, optional, ZERO } from './numbers.ts'
import { codeOf, dayOrNull, flag, listOf, malformed, objectOf, only, own, type Raw, small, textOf, textOrNull, word } from './shapes.ts'

const RULE = ['id', 'priority', 'item', 'item_group', 'customer', 'customer_group', 'unit', 'min_qty', 'max_qty', 'valid_from', 'valid_to', 'price']
const OFF = ['kind', 'base', 'percent', 'round_to', 'plus', 'min_margin', 'max_margin']

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
    this.taxIncluded = flag(own(raw, 'tax_included'))
    this.validFrom = dayOrNull(own(raw, 'valid_from'))
    this.validTo = dayOrNull(own(raw, 'valid_to'))
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
    return [...this.drawer(`i${item}`), ...[...new Set(groups)].flatMap((group) => this.drawer(`g${group}`)), ...this.drawer('')]
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
  only(raw, RULE)
  return {
    id: codeOf(own(raw, 'id')),
    priority: small(own(raw, 'priority'), -(2 ** 31), 2 ** 31),
    item: textOrNull(own(raw, 'item')),
    itemGroup: textOrNull(own(raw, 'item_group')),
    customer: textOrNull(own(raw, 'customer')),
    customerGroup: textOrNull(own(raw, 'customer_group')),
    unit: textOrNull(own(raw, 'unit')),
    minQty: optional(own(raw, 'min_qty')) ?? ZERO,
    maxQty: optional(own(raw, 'max_qty')),
    validFrom: dayOrNull(own(raw, 'valid_from')),
    validTo: dayOrNull(own(raw, 'valid_to')),
    price: readPrice(objectOf(own(raw, 'price'))),
  }
}

function readPrice(raw: Raw): Fixed | Off {
  if (word(own(raw, 'kind') ?? '', ['fixed', 'off']) === 'fixed') return { amount: dec(own(only(raw, ['kind', 'amount']), 'amount')) }
  const base = textOrNull(own(only(raw, OFF), 'base')) || 'list'
  if (base !== 'list' && base !== 'cost' && !/^list:./s.test(base)) throw malformed()
  return {
    base,
    percent: optional(own(raw, 'percent')) ?? ZERO,
    roundTo: optional(own(raw, 'round_to')) ?? ZERO,
    plus: optional(own(raw, 'plus')) ?? ZERO,
    minMargin: optional(own(raw, 'min_margin')),
    maxMargin: optional(own(raw, 'max_margin')),
  }
}
