// What the screens of price lists share: what the office sends, and how a row and a price are said in words.
import { amount } from '../../../lib/decimal.ts'
import { date, money, named, number, say, t, type Key } from '../../../lib/i18n.svelte.ts'
import { json, Problem } from '../../../lib/api.ts'

/** Something a row names. `unit` is the base unit of an item. */
export interface Ref {
  id: string
  code: string
  name_vi: string
  name_en: string | null
  unit?: string | null
}
export interface Fixed {
  kind: 'fixed'
  amount: string
}
export interface Off {
  kind: 'off'
  base?: string
  percent?: string | null
  round_to?: string | null
  plus?: string | null
  min_margin?: string | null
  max_margin?: string | null
}
export type Price = Fixed | Off
export interface PriceList {
  id: string
  code: string
  name_vi: string
  name_en: string
  currency: string
  tax_included: boolean
  is_default: boolean
  valid_from: string | null
  valid_to: string | null
  version: number
  changed_at: string
  rules: number
  customers: number
  groups: number
}
/** A row of a list. Quantities in base units, or in `unit`; a price of null is built on a cost nobody knows. */
export interface Rule {
  id: string
  list_id: string
  code: string
  version: number
  priority: number
  item: Ref | null
  item_group: Ref | null
  customer: Ref | null
  customer_group: Ref | null
  unit: string | null
  min_qty: string | null
  max_qty: string | null
  valid_from: string | null
  valid_to: string | null
  price: Price | null
  changed_at: string
}
export interface Page<T> {
  items: T[]
  next: string | null
  total?: number
}
export interface Saved {
  id: string
  code: string
  version: number
}
/** A unit an item is sold in, and how many base units it holds. */
export interface Unit {
  unit: string
  num: string
  den: string
}

/** The name of what is named, with its code where names alone could be mistaken. */
export const nameOf = (ref: Ref | null): string => (ref ? named(ref) : '')

/** What a row prices, as people say it. */
export function whatOf(rule: Pick<Rule, 'item' | 'item_group'>): string {
  if (rule.item) return nameOf(rule.item)
  return rule.item_group ? t('pricelists.group-of', { name: nameOf(rule.item_group) }) : t('pricelists.every-item')
}

/** Whom a row is for. */
export function whomOf(rule: Pick<Rule, 'customer' | 'customer_group'>): string {
  if (rule.customer) return rule.customer.name_vi
  return rule.customer_group ? t('pricelists.customers-of', { name: rule.customer_group.name_vi }) : t('pricelists.every-customer')
}

/** A unit price with all its decimals: "7.050,5 ₫" where `money` would round. */
export function unitPrice(value: string, currency: string): string {
  const digits = new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 0
  const part = value.split('.')[1] ?? ''
  if (part.length <= digits) return money(value, currency)
  const sign = money('0', currency).replace(/[\d.,\s\u00a0]/g, '')
  return `${number(value, 6)}\u00a0${sign}`
}

const signed = (value: string): string => (value.startsWith('-') ? `−${number(value.slice(1), 6)}` : `+${number(value, 6)}`)

/** A price in words: "7.200 ₫ / hộp", or "giá niêm yết −6 %, làm tròn 100". */
export function priceText(price: Price | null, currency: string, unit: string): string {
  if (!price) return t('pricelists.cost-unknown')
  if (price.kind === 'fixed') return unit ? `${unitPrice(price.amount, currency)} / ${unit}` : unitPrice(price.amount, currency)
  const base = price.base ?? 'list'
  const from = base === 'list' ? t('pricelists.base-list') : base === 'cost' ? t('pricelists.base-cost') : t('pricelists.base-other', { code: base.slice('list:'.length) })
  const off = price.percent && price.percent !== '0' ? ` ${price.percent.startsWith('-') ? '+' : '−'}${number(price.percent.replace('-', ''), 6)} %` : ''
  const parts = [`${from}${off}`]
  if (price.round_to) parts.push(t('pricelists.rounded', { step: number(price.round_to, 6) }))
  if (price.plus) parts.push(`${signed(price.plus)} ${currency}`)
  if (price.min_margin) parts.push(t('pricelists.at-least', { margin: signed(price.min_margin) }))
  if (price.max_margin) parts.push(t('pricelists.at-most', { margin: signed(price.max_margin) }))
  return parts.join(', ')
}

/** From when to when: "từ 01/12/2026", "đến 31/12/2026", "luôn luôn". */
export function daysOf(row: { valid_from: string | null; valid_to: string | null }): string {
  if (row.valid_from && row.valid_to) return `${date(row.valid_from)} – ${date(row.valid_to)}`
  if (row.valid_from) return t('pricelists.since', { day: date(row.valid_from) })
  return row.valid_to ? t('pricelists.until', { day: date(row.valid_to) }) : t('pricelists.always')
}

/** How many must be bought: "từ 480 hộp", "từ 1 đến 9 thùng". Empty when any number will do. */
export function breakOf(row: Rule): string {
  const unit = row.unit ?? row.item?.unit ?? t('pricelists.base-unit')
  if (row.max_qty) return t('pricelists.between', { least: number(row.min_qty ?? 0, 6), most: number(row.max_qty, 6), unit })
  return row.min_qty && row.min_qty !== '0' ? t('pricelists.from-qty', { qty: number(row.min_qty, 6), unit }) : ''
}

/** What was typed as a number, as a decimal string; '' for nothing, null for what is no number. A minus is allowed. */
export function typed(value: string, digits: number): string | null {
  const bare = value.trim().replace(/^[−–]/, '-')
  if (!bare) return ''
  const found = amount(bare.replace(/^[-+]/, ''), digits)
  return found === null ? null : bare.startsWith('-') && found !== '0' ? `-${found}` : found
}

/** A decimal string as it is typed in the language in use: "7050.5" -> "7.050,5". */
export const shown = (value: string | null | undefined): string => (value === null || value === undefined || value === '' ? '' : number(value, 6))

/** The units of an item, base unit first. */
export async function unitsOf(item: Ref): Promise<Unit[]> {
  const detail = await json<{ base_unit: string; packagings: Unit[] }>(`items/${item.id}`)
  return [{ unit: detail.base_unit, num: '1', den: '1' }, ...detail.packagings.filter((one) => one.unit !== detail.base_unit)]
}

/** Why the office said no, in a sentence. The office's own title is already in the reader's language. */
export function faultText(reason: unknown): string {
  if (!(reason instanceof Problem)) throw reason
  if (reason.offline) return t('pricelists.offline')
  if (reason.status === 412) return t('pricelists.stale')
  return reason.message
}

/** A text whose key is put together while running. */
export const words = (key: string, values?: Record<string, string | number>): string => say(key as Key, values)
