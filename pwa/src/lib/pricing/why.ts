// "Why this price?": the trace of a priced order as texts of the language files (pwa/locales/*/pricing.json), and how
// little more of a line would earn what was passed over. All quantities are exact; only a suggestion is rounded, upwards.
import type { Book } from './book.ts'
import type { Promotion } from './campaigns.ts'
import { selects } from './conditions.ts'
import { atDigits, dec, floored, type Fraction, isWhole, text, textOfScaled, whole, ZERO } from './numbers.ts'
import type { Line, Skipped } from './order.ts'
import type { PricedLine, PricedOrder } from './rules.ts'
import { isObject, listOf, own } from './shapes.ts'
import { packagingOf } from './units.ts'

/** A text's key and the values it wants. */
export interface Text {
  key: string
  values: Record<string, string>
}

/** What a promotion or a rule would give: `amount` and `price` in the order's currency, `gift` so many of an item. */
export type Gain =
  | { kind: 'percent' | 'amount' | 'price'; value: string }
  | { kind: 'gift'; value: string; unit: string; item: string }
  | { kind: 'pieces'; value: string; percent: string }

/** Something looked at for a line and passed over: the list with its rule, or the promotion. */
export interface Reason {
  list?: string
  rule?: string
  promotion?: string
  why: Text
  /** How much more would earn it: of this line in its unit, or of the order in its currency. */
  more: { qty: string; unit: string } | { amount: string } | null
  gain: Gain | null
}

/** The rule a price comes from, with its days and what it is for. */
export interface Winner {
  from: Text
  list: string | null
  rule: string | null
  validFrom: string | null
  validTo: string | null
  minQty: string | null
}

/** Why a rule or a promotion was looked at and not applied. `missing` is in base units, or in the order's currency (`of` amount). */
export function whySkipped(one: Skipped): Text {
  const code = one.code ?? ''
  if (code.startsWith('group:')) return { key: 'pricing.skip.group', values: { group: code.slice('group:'.length) } }
  if ((code === 'min' || code === 'tier') && !one.missing) return { key: `pricing.skip.${code}.plain`, values: {} }
  return { key: `pricing.skip.${code}`, values: one }
}

/** Where a price comes from: `list:DL/DL-2`, `item`, `given` or `gift`. */
export function whereFrom(source: string, promotion = ''): Text {
  const [list, rule] = listAndRule(source)
  return list === null ? { key: `pricing.source.${source}`, values: { promotion } } : { key: 'pricing.source.list', values: { list, rule: rule ?? '' } }
}

function listAndRule(source: string): [string | null, string | null] {
  if (!source.startsWith('list:')) return [null, null]
  const [list = '', ...rule] = source.slice('list:'.length).split('/')
  return [list, rule.join('/')]
}

/** What people call a list or a promotion; its code where the book has no name for it. */
export function nameOf(book: Pick<Book, 'raw'>, kind: 'list' | 'promotion', code: string, language: string): string {
  const named = kind === 'list' ? own(isObject(book.raw.list_names) ? book.raw.list_names : {}, code) : rawPromotion(book, code)?.name
  if (!isObject(named)) return code
  const name = own(named, language) ?? own(named, 'vi')
  return typeof name === 'string' && name ? name : code
}

const rawPromotion = (book: Pick<Book, 'raw'>, code: string) => listOf(book.raw.promotions).filter(isObject).find((one) => own(one, 'id') === code)

const promotionOf = (book: Book, code: string | undefined): Promotion | undefined => book.promotions.find((one) => one.id === code)

/** Whether a line is among the goods a promotion is about. */
export function concerns(book: Book, promotion: string, line: Pick<PricedLine, 'item' | 'unit'>): boolean {
  const found = promotionOf(book, promotion)
  return !!found && selects(found.match, { item: book.item(line.item), unit: line.unit } as Line)
}

/** The gifts a line is the cause of; a gift of several lines belongs to the first of them. */
export function giftsOf(book: Book, order: PricedOrder, line: PricedLine): PricedLine[] {
  const bought = order.lines.filter((one) => !one.gift)
  return order.lines.filter((gift) => gift.gift && (bought.find((one) => concerns(book, gift.gift!, one)) ?? bought[0]) === line)
}

/** The rule the line's price comes from. */
export function winnerOf(book: Book, line: PricedLine): Winner {
  const from = whereFrom(line.source, line.gift)
  const [list, id] = listAndRule(line.source)
  const rule = list === null ? undefined : book.priceList(list).rulesFor(line.item, book.item(line.item).groups).find((one) => one.id === id)
  const least = rule && rule.minQty.n > 0n ? text(rule.minQty) : null
  return { from, list, rule: id, validFrom: rule?.validFrom ?? null, validTo: rule?.validTo ?? null, minQty: least }
}

/**
 * Everything passed over that has to do with a line: other rules of its lists, then promotions. What a little more would
 * earn comes first; promotions for other goods are left out.
 */
export function reasonsOf(book: Book, order: PricedOrder, line: PricedLine, currency: string): Reason[] {
  const name = line.id ?? ''
  const found: Reason[] = []
  for (const one of order.trace) {
    if (one.line !== undefined ? one.line !== name : !one.promotion) continue
    if (one.promotion !== undefined && (one.code === 'match' || !concerns(book, one.promotion, line))) continue
    const known = found.some((other) => other.promotion === one.promotion && other.rule === one.rule && other.list === one.list)
    if (known) continue
    const head = one.promotion === undefined ? { list: one.list ?? '', ...(one.rule ? { rule: one.rule } : {}) } : { promotion: one.promotion }
    found.push({ ...head, why: whySkipped(one), more: moreOf(book, line, one), gain: gainOf(book, order, line, one, currency) })
  }
  const far = (reason: Reason): number => (reason.more ? 0 : 1)
  return found.sort((a, b) => far(a) - far(b))
}

/** What is missing for a threshold, in the line's own unit; whole packagings only, and whole pieces of what is not split. */
function moreOf(book: Book, line: PricedLine, one: Skipped): Reason['more'] {
  if (!one.missing || !['min', 'tier', 'min_qty'].includes(one.code ?? '')) return null
  if (one.of === 'amount') return { amount: one.missing }
  const rule = one.list && one.rule ? ruleOf(book, line, one.list, one.rule) : undefined
  const inUnit = moreUnits(book, line, dec(one.missing), rule?.unit === line.unit)
  return { qty: text(inUnit), unit: line.unit }
}

/** So many base units (or units, where `counted` in them) as the least quantity of the line's unit that covers them. */
export function moreUnits(book: Book, line: Pick<PricedLine, 'item' | 'unit'>, missing: Fraction, counted = false): Fraction {
  const { units } = book.item(line.item)
  const { factor } = packagingOf(units, line.unit)
  const exact = counted ? missing : missing.div(factor)
  if (isWhole(exact) || (line.unit === units.base && !units.whole)) return exact
  return whole(floored(exact) + 1n)
}

const ruleOf = (book: Book, line: PricedLine, list: string, rule: string) =>
  book.priceList(list).rulesFor(line.item, book.item(line.item).groups).find((one) => one.id === rule)

function gainOf(book: Book, order: PricedOrder, line: PricedLine, one: Skipped, currency: string): Gain | null {
  if (one.promotion === undefined) {
    const rule = one.list && one.rule ? ruleOf(book, line, one.list, one.rule) : undefined
    if (!rule || !('amount' in rule.price) || book.priceList(one.list!).currency !== currency) return null
    const { factor } = packagingOf(book.item(line.item).units, line.unit)
    const price = rule.unit === null ? rule.price.amount.mul(factor) : rule.price.amount
    const { priceDigits } = book.currency(currency)
    return { kind: 'price', value: textOfScaled(atDigits(price, priceDigits), priceDigits) }
  }
  const promotion = promotionOf(book, one.promotion)
  if (!promotion) return null
  const { effect } = promotion.tiers[one.code === 'tier' ? nextTier(book, order, promotion, one) : 0] ?? promotion.tiers[0]!
  if (effect.kind === 'gift') return { kind: 'gift', value: text(effect.qty), unit: effect.unit ?? book.item(effect.item).units.base ?? '', item: effect.item }
  if (effect.kind === 'buy_get') return { kind: 'pieces', value: text(effect.qty), percent: text(effect.percent) }
  return { kind: effect.kind, value: text(effect.value) }
}

/** Which tier the missing quantity or amount leads to: the one whose threshold it completes from where the order stands. */
function nextTier(book: Book, order: PricedOrder, promotion: Promotion, one: Skipped): number {
  const acted = order.lines.some((line) => line.gift === promotion.id || line.adjustments.some((cut) => cut.promotion === promotion.id))
  if (!acted) return 0
  const mine = order.lines.filter((line) => !line.gift && concerns(book, promotion.id, line))
  const missing = dec(one.missing ?? '0')
  const byQty = one.of === 'qty'
  const stands = mine.reduce((sum, line) => sum.add(byQty ? dec(line.qty).mul(packagingOf(book.item(line.item).units, line.unit).factor) : dec(line.gross)), ZERO)
  const distance = (place: number): Fraction => {
    const { minimum } = promotion.tiers[place]!
    const threshold = byQty ? minimum.qty : minimum.amount
    return threshold === null ? stands.add(missing) : threshold.sub(missing).sub(stands).abs()
  }
  let best = Math.min(1, promotion.tiers.length - 1)
  for (let place = best + 1; place < promotion.tiers.length; place++) if (distance(place).compare(distance(best)) < 0) best = place
  return best
}
