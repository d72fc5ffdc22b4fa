// The price book, read: currencies, taxes, items, customers and lists as the rules want them. Twin: backend/pricing/rules_book.py.
//
// Everything is read when first asked for and kept, so a book of thousands of rules costs only what an order touches.
import { type Promotion, readPromotions } from './campaigns.ts'
import { PriceList } from './lists.ts'
import { type Fraction, HUNDRED, ONE, optional, ZERO } from './numbers.ts'
import { PriceRefusal } from './refusal.ts'
import { dayOrNull, isObject, listOf, malformed, objectOf, objectOrEmpty, own, positive, type Raw, small, textOrNull, texts, word } from './shapes.ts'
import { readUnits, type Units } from './units.ts'

/** Its decimals: `minor` for amounts, `priceDigits` for unit prices. */
export interface Currency {
  code: string
  minor: number
  priceDigits: number
}

/** What a price depends on. Prices are per base unit in `listCurrency`. */
export interface Item {
  id: string
  units: Units
  groups: string[]
  tax: string | null
  listPrice: Fraction | null
  listCurrency: string
  cost: Fraction | null
}

/** Groups and regions nearest first. */
export interface Customer {
  id: string | null
  groups: string[]
  regions: string[]
  priceList: string | null
  currency: string | null
  paymentTerm: string | null
  paymentMethod: string | null
  channel: string | null
  /** A standing percentage off. */
  discount: Fraction | null
  /** Replaces the tax of taxed goods. */
  tax: string | null
  firstOrder: boolean | null
}

type Part = 'currencies' | 'items' | 'customers' | 'taxes'

/** A price book as it came over the wire, with what was read of it so far. */
export class Book {
  readonly raw: Raw
  readonly companyCurrency: string
  readonly byRate: boolean
  readonly defaultList: string | null
  private readonly parts: Record<Part, Raw>
  private readonly rawLists: Raw
  private readonly groups: Raw
  private readonly regions: Raw
  private readonly picks: Raw
  private readPromotions: Promotion[] | null = null
  private readonly currencies = new Map<string, Currency>()
  private readonly items = new Map<string, Item>()
  private readonly lists = new Map<string, PriceList>()
  private readonly taxes = new Map<string, Fraction>()

  constructor(given: unknown) {
    const raw = objectOf(given)
    const company = textOrNull(own(raw, 'company_currency'))
    if (company === null) throw malformed('/company_currency')
    this.raw = raw
    this.companyCurrency = company
    this.byRate = own(raw, 'tax_rounding') === 'rate'
    this.defaultList = textOrNull(own(raw, 'default_price_list'))
    const part = (name: Part): Raw => objectOf(own(raw, name))
    this.parts = { currencies: part('currencies'), items: part('items'), customers: part('customers'), taxes: part('taxes') }
    this.rawLists = objectOf(own(raw, 'price_lists'))
    this.groups = objectOrEmpty(own(raw, 'customer_groups'))
    this.regions = objectOrEmpty(own(raw, 'regions'))
    this.picks = objectOrEmpty(own(raw, 'promotion_groups'))
  }

  /** Refuses `currency-unknown`. */
  currency(code: string): Currency {
    return kept(this.currencies, code, () => {
      const raw = objectOf(this.part('currencies', code, 'currency-unknown', 'currency'))
      const minor = small(own(raw, 'minor'), 0, 4)
      const digits = own(raw, 'price_digits') ?? null
      return { code, minor, priceDigits: digits === null ? minor + 2 : small(digits, 0, 6) }
    })
  }

  /** Company currency for one unit of `code` on a day: the latest rate from that day or before. */
  rate(code: string, on: string): Fraction {
    if (code === this.companyCurrency) return ONE
    this.currency(code)
    const raw = objectOf(own(this.parts.currencies, code))
    if (Object.hasOwn(raw, 'rate')) return rateOf(raw.rate)
    let best: Raw | null = null
    let from = ''
    for (const one of listOf(own(raw, 'rates')).map(objectOf)) {
      const since = dayOrNull(own(one, 'from')) ?? ''
      if (since <= on && (best === null || since > from)) [best, from] = [one, since]
    }
    if (best === null) throw new PriceRefusal('rate-missing', { currency: code, on })
    return rateOf(best)
  }

  /** An amount in another currency, exactly. Refuses `rate-missing`. */
  exchanged(amount: Fraction, source: string, target: string, on: string): Fraction {
    return source === target ? amount : amount.mul(this.rate(source, on)).div(this.rate(target, on))
  }

  /** Refuses `item-unknown`. */
  item(code: string): Item {
    return kept(this.items, code, () => {
      const raw = objectOf(this.part('items', code, 'item-unknown', 'item'))
      return {
        id: code,
        units: readUnits(raw),
        groups: texts(own(raw, 'groups')),
        tax: textOrNull(own(raw, 'tax')),
        listPrice: optional(own(raw, 'list_price')),
        listCurrency: textOrNull(own(raw, 'list_currency')) || this.companyCurrency,
        cost: optional(own(raw, 'cost')),
      }
    })
  }

  /** Refuses `customer-unknown`; no code is a customer nobody knows anything about. */
  customer(code: string | null): Customer {
    const raw = code === null ? {} : objectOf(this.part('customers', code, 'customer-unknown', 'customer'))
    const first = own(raw, 'first_order')
    return {
      id: code,
      groups: texts(own(raw, 'groups')),
      regions: texts(own(raw, 'regions')),
      priceList: textOrNull(own(raw, 'price_list')),
      currency: textOrNull(own(raw, 'currency')),
      paymentTerm: textOrNull(own(raw, 'payment_term')),
      paymentMethod: textOrNull(own(raw, 'payment_method')),
      channel: textOrNull(own(raw, 'channel')),
      discount: percent(own(raw, 'discount')),
      tax: textOrNull(own(raw, 'tax')),
      firstOrder: typeof first === 'boolean' ? first : null,
    }
  }

  /** The active promotions in their order of work. */
  get promotions(): Promotion[] {
    this.readPromotions ??= readPromotions(own(this.raw, 'promotions'))
    return this.readPromotions
  }

  /** Whether a promotion group chooses by priority and not by benefit. */
  picksByPriority(group: string): boolean {
    return word(own(objectOrEmpty(own(this.picks, group)), 'pick'), ['best', 'priority']) === 'priority'
  }

  /** The price list a customer group carries itself. */
  listOfGroup(group: string): string | null {
    return textOrNull(own(objectOrEmpty(own(this.groups, group)), 'price_list'))
  }

  /** The price list a region carries itself. */
  listOfRegion(region: string): string | null {
    return textOrNull(own(objectOrEmpty(own(this.regions, region)), 'price_list'))
  }

  /** Refuses `price-list-unknown`. */
  priceList(code: string): PriceList {
    return kept(this.lists, code, () => {
      if (!Object.hasOwn(this.rawLists, code)) throw new PriceRefusal('price-list-unknown', { price_list: code })
      return new PriceList(code, objectOf(this.rawLists[code]))
    })
  }

  /** The rate as a fraction of the net amount; no tax is 0. Refuses `tax-unknown`. */
  tax(code: string | null): Fraction {
    if (code === null) return ZERO
    return kept(this.taxes, code, () => {
      const raw = this.part('taxes', code, 'tax-unknown', 'tax')
      return isObject(raw) && !Object.hasOwn(raw, 'rate') ? factor(raw) : factor(raw).div(HUNDRED)
    })
  }

  private part(part: Part, code: string, refusal: string, name: string): unknown {
    if (!Object.hasOwn(this.parts[part], code)) throw new PriceRefusal(refusal, { [name]: code })
    return this.parts[part][code]
  }
}

function kept<T>(from: Map<string, T>, code: string, read: () => T): T {
  const known = from.get(code)
  if (known !== undefined) return known
  const fresh = read()
  from.set(code, fresh)
  return fresh
}

function percent(raw: unknown): Fraction | null {
  const value = optional(raw)
  if (value !== null && (value.n < 0n || value.compare(HUNDRED) > 0)) throw new PriceRefusal('book-malformed')
  return value
}

function rateOf(raw: unknown): Fraction {
  const value = factor(raw)
  if (value.n === 0n) throw malformed()
  return value
}

/** A factor, not negative: a decimal text, or `{num, den}` or `{rate}` of decimal texts. */
function factor(raw: unknown): Fraction {
  if (!isObject(raw)) return positive(raw)
  if (Object.hasOwn(raw, 'rate')) return positive(raw.rate)
  const den = (own(raw, 'den') ?? null) === null ? ONE : positive(raw.den)
  const num = positive(own(raw, 'num'))
  if (den.n === 0n) throw malformed()
  return num.div(den)
}
