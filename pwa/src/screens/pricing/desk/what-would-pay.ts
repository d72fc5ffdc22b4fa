// What the office answers to "what would they pay", and how its reasons are said in words.
import { date, money, number, t, type Key } from '../../../lib/i18n.svelte.ts'
import { nameOf, priceText, whatOf, whomOf, words, type Ref, type Rule } from './price-lists.ts'

export interface ListTried {
  code: string
  via: 'order' | 'customer' | 'group' | 'region' | 'default' | 'item'
  outcome: 'won' | 'no-rule' | 'date' | 'not-reached'
  of: string | null
  name_vi: string | null
  name_en: string | null
}
export interface Winner {
  source: 'list' | 'item'
  price_list: string | null
  rule: Rule | null
  why: { step: string; value: string | null }[]
  base_price: string | null
  base_source: string | null
}
export interface Loser {
  price_list: string
  rule: Rule
  code: string
  step: string | null
  missing: string | null
}
export interface Applied {
  code: string
  amount: string
  name_vi: string | null
  name_en: string | null
  gift: Ref | null
  gift_qty: string | null
}
export interface Skipped {
  code: string
  why: string
  numbers: Record<string, string>
  name_vi: string | null
  name_en: string | null
}
export interface Explained {
  customer: Ref
  item: Ref
  on: string
  currency: string
  qty: string
  unit: string
  qty_base: string
  base_unit: string
  price: { unit_price: string; gross: string; discount: string; amount: string; net: string; total: string; tax: { code: string | null; percent: string; included: boolean; amount: string } } | null
  problem: string | null
  winner: Winner | null
  lists: ListTried[]
  losers: Loser[]
  applied: Applied[]
  skipped: Skipped[]
}

/** The name of a promotion in the reader's language, its code where it has none; the customer's standing discount. */
export function promotionName(one: { code: string; name_vi: string | null; name_en: string | null }): string {
  if (one.code === 'terms') return t('pricelists.terms')
  return one.name_vi || one.name_en ? `${nameOf({ id: '', code: one.code, name_vi: one.name_vi ?? one.name_en ?? '', name_en: one.name_en })} (${one.code})` : one.code
}

/** Which steps of the choice the winner stands on, most telling first: "đúng mặt hàng này", "từ 480 hộp". */
export function whyWon(rule: Rule): string[] {
  const said: string[] = []
  if (rule.priority) said.push(t('pricelists.why-priority', { priority: rule.priority }))
  said.push(t(rule.customer ? 'pricelists.why-customer' : rule.customer_group ? 'pricelists.why-group' : 'pricelists.why-everybody', { name: rule.customer_group?.name_vi ?? '' }))
  said.push(t(rule.item ? 'pricelists.why-item' : rule.item_group ? 'pricelists.why-items' : 'pricelists.why-everything', { name: nameOf(rule.item_group) }))
  if (rule.unit) said.push(t('pricelists.why-unit', { unit: rule.unit }))
  if (rule.min_qty && rule.min_qty !== '0') said.push(t('pricelists.why-qty', { qty: number(rule.min_qty, 6), unit: rule.unit ?? rule.item?.unit ?? '' }))
  if (rule.valid_from) said.push(t('pricelists.why-since', { day: date(rule.valid_from) }))
  return said
}

/** What a row says at a step of the choice. */
function at(rule: Rule | null, step: string): string {
  if (!rule) return ''
  if (step === 'priority') return String(rule.priority)
  if (step === 'customer') return whomOf(rule)
  if (step === 'item') return whatOf(rule)
  if (step === 'unit') return rule.unit ?? t('pricelists.any-unit')
  if (step === 'min_qty') return number(rule.min_qty ?? 0, 6)
  if (step === 'valid_from') return rule.valid_from ? date(rule.valid_from) : t('pricelists.always')
  return rule.code
}

/** Why a row lost, in a sentence. */
export function whyLost(one: Loser, told: Explained): string {
  if (one.code === 'outranked' && one.step) return words(`pricelists.lost.${one.step}`, { loser: at(one.rule, one.step), winner: at(told.winner?.rule ?? null, one.step) })
  if (one.code === 'farther') return t('pricelists.lost.farther', { list: told.winner?.price_list ?? '' })
  const unit = one.rule.unit ?? told.base_unit
  return words(`pricing.skip.${one.code}`, { missing: one.missing ? `${number(one.missing, 6)} ${unit}` : '' })
}

/** Why a promotion did not act. */
export function whySkipped(one: Skipped, told: Explained): string {
  if (one.why.startsWith('group:')) return words('pricing.skip.group', { group: one.why.slice('group:'.length) })
  const missing = one.numbers.missing
  if ((one.why === 'min' || one.why === 'tier') && !missing) return words(`pricing.skip.${one.why}.plain`)
  const said = missing ? (one.numbers.of === 'amount' ? money(missing, told.currency) : `${number(missing, 6)} ${told.base_unit}`) : ''
  return words(`pricing.skip.${one.why}`, { ...one.numbers, missing: said })
}

/** A step of the chain of lists in words: "Bảng giá của nhóm dai-ly". */
export const viaText = (one: ListTried): string => t(`pricelists.via.${one.via}` as Key, { of: one.of ?? '' })

/** The price of a loser, as its row says it. */
export const loserPrice = (one: Loser, currency: string): string => priceText(one.rule.price, currency, one.rule.unit ?? one.rule.item?.unit ?? '')
