// A promotion as the editor holds it: the rule in the price book's own form, its names, templates to start from.
import { today } from '../../../lib/i18n.svelte.ts'

export type State = 'draft' | 'scheduled' | 'active' | 'paused' | 'ended'
export const STATES: readonly State[] = ['active', 'scheduled', 'draft', 'paused', 'ended']
export const TONES: Record<State, string> = { active: 'tag-green', scheduled: 'tag-blue', draft: 'tag-plain', paused: 'tag-amber', ended: 'tag-plain' }

export interface Selector { items?: string[]; not_items?: string[]; item_groups?: string[]; units?: string[] }
export interface Minimum { qty?: string; qty_max?: string; amount?: string; amount_max?: string; tax?: 'incl' | 'excl'; basis?: 'before' | 'running'; scope?: 'all' | 'line' }
export type EffectKind = 'percent' | 'amount' | 'price' | 'gift' | 'buy_get'
export interface Effect {
  kind: EffectKind
  value?: string; basis?: 'original' | 'running'; target?: Selector; max_qty?: string; cap?: string; cap_total?: string
  per?: 'unit' | 'line' | 'order'; unit?: string; raise?: boolean
  item?: string; qty?: string; every?: string; over?: string; max_times?: string | null; price?: string
  buy?: { qty: string; match?: Selector }; get?: { qty: string; match?: Selector; percent?: string }; repeat?: boolean; pick?: 'cheapest' | 'dearest'
}
export interface Comparison { fact: string; op: string; value?: unknown }
export type Condition = { all: Condition[] } | { any: Condition[] } | { not: Condition } | Comparison
export interface Scope { customers?: string[]; customer_groups?: string[]; regions?: string[]; channel?: string[]; payment_term?: string[]; payment_method?: string[]; price_list?: string[] }
export interface Rule {
  name: { vi: string; en?: string }
  campaign?: string; stage?: 'line' | 'order'; priority?: number; group?: string; exclusive?: boolean; coupon?: string; currency?: string
  valid_from?: string; valid_to?: string; scope?: Scope; when?: Condition | null; match?: Selector; min?: Minimum
  effect?: Effect; tiers?: { min: Minimum; effect: Effect }[]
}

/** A gift the customer may choose. */
export interface Choice { item: string; qty: string; unit?: string }
/** What a promotion says beyond the price grammar: money it may cost at most, how often a customer has it, gifts to choose. */
export interface Extras { budget?: string; per_customer?: number; gifts?: Choice[] }

export interface Label { code: string | null; name_vi: string; name_en: string; unit?: string; units?: string[] }
export interface Row { id: string; code: string; name_vi: string; name_en: string; state: State; stage: string; valid_from: string | null; valid_to: string | null; effects: EffectKind[]; group: string | null; exclusive: boolean; priority: number; version: number; budget: string | null; used: string | null; used_up: boolean; per_customer: number | null; choices: number }
export interface Overlap { key: string; kind: 'stack' | 'best' | 'priority' | 'exclusive' | 'tie'; id: string; code: string; name_vi: string; name_en: string; state: State; group: string | null; winner: string | null; first: string | null; items: number; customers: number }
export interface Step { step: string; reason: string; made_by: string | null; made_at: string }
export interface Detail { id: string; code: string; rule: Rule; extras: Extras; used: string | null; used_up: boolean; uses: number; state: State; group_pick: 'best' | 'priority' | null; labels: Record<string, Label>; hidden_customers: number; replaces: string | null; replaces_code: string | null; next: string | null; version: number; overlaps: Overlap[]; steps: Step[] }
export interface Group { id: string; parent_id: string | null; code: string; name?: string; name_vi?: string; name_en?: string; depth?: number }
/** Names behind the ids and codes of a rule. */
export interface Names { labels: Record<string, Label>; items: readonly Group[]; customers: readonly Group[] }

/** What a comparison may be about: how its value is entered, and with which words. */
export const FACTS: Record<string, 'number' | 'money' | 'flag' | 'text' | 'date' | 'groups' | 'items' | 'customers'> = {
  'order.amount': 'money', 'order.amount_running': 'money', 'order.qty': 'number', 'order.lines': 'number', 'order.date': 'date', 'order.items': 'items',
  'order.currency': 'text', 'order.payment_term': 'text', 'order.payment_method': 'text', 'order.channel': 'text', 'order.coupons': 'text', 'order.is_return': 'flag',
  'customer.groups': 'groups', 'customer.id': 'customers', 'customer.regions': 'text', 'customer.first_order': 'flag',
}
export const LISTS = new Set(['in', 'not_in', 'has_any'])
/** The operators a fact is compared with. */
export function operators(fact: string): string[] {
  const kind = FACTS[fact]
  if (kind === 'flag') return ['eq']
  if (kind === 'number' || kind === 'money' || kind === 'date') return ['ge', 'le', 'gt', 'lt', 'eq', 'ne', 'between']
  return ['has_any', 'not_in', 'exists']
}
/** A value to begin with when the fact or the operator changes. */
export function blank(fact: string, op: string): unknown {
  const kind = FACTS[fact]
  if (op === 'exists' || kind === 'flag') return true
  if (op === 'between') return ['', '']
  return LISTS.has(op) ? [] : ''
}

const nextMonth = (day: string) => new Date(Date.parse(`${day}T00:00:00Z`) + 30 * 86_400_000).toISOString().slice(0, 10)

export type Template = 'ten-one' | 'gift-choice' | 'percent' | 'order' | 'ladder' | 'empty'
/** Where to start from; every one becomes whole by choosing goods and customers. */
export const TEMPLATES: Record<Template, () => Partial<Rule>> = {
  'ten-one': () => ({ match: {}, effect: { kind: 'gift', item: '', qty: '1', every: '10' } }),
  'gift-choice': () => ({ match: {}, effect: { kind: 'gift', item: '', qty: '1', every: '10' } }),
  percent: () => ({ scope: {}, match: {}, effect: { kind: 'percent', value: '5' } }),
  order: () => ({ stage: 'order', min: { amount: '5000000' }, effect: { kind: 'percent', value: '2' } }),
  ladder: () => ({ stage: 'order', tiers: [{ min: { amount: '5000000' }, effect: { kind: 'percent', value: '1' } }, { min: { amount: '10000000' }, effect: { kind: 'percent', value: '2' } }] }),
  empty: () => ({ effect: { kind: 'percent', value: '' } }),
}
// Names to begin with are the promotion's own data, in both languages whatever the reader's.
const NAMES: Record<Template, Rule['name']> = {
  'ten-one': { vi: 'Mua 10 tặng 1', en: '10+1' }, 'gift-choice': { vi: 'Mua 10, chọn một quà', en: 'Buy 10, choose a gift' }, percent: { vi: 'Giảm phần trăm', en: 'Percentage off' }, order: { vi: 'Chiết khấu đơn hàng', en: 'Discount on the order' },
  ladder: { vi: 'Chiết khấu bậc thang', en: 'Ladder discount' }, empty: { vi: '', en: '' },
}
/** What a template says beyond the rule. */
export const beginExtras = (template: Template): Extras => (template === 'gift-choice' ? { gifts: [{ item: '', qty: '1' }, { item: '', qty: '1' }] } : {})

/** The rule with the first gift to choose as its own: what the office stores, and what is said of it meanwhile. */
export const withGift = (rule: Rule, extras: Extras): Rule =>
  rule.effect?.kind === 'gift' && extras.gifts?.[0] ? { ...rule, effect: { ...rule.effect, ...extras.gifts[0], unit: extras.gifts[0].unit } } : rule

/** What is beyond the rule, without what was left empty; gifts only where the rule gives one. */
export const cleanExtras = (extras: Extras, rule: Rule): Extras => clean({ ...extras, gifts: rule.effect?.kind === 'gift' ? extras.gifts?.filter((one) => one.item) : undefined })

/** A rule from a template, from today for a month. */
export function begin(template: Template): Rule {
  const from = today()
  return { name: { ...NAMES[template] }, stage: 'line', priority: 0, valid_from: from, valid_to: nextMonth(from), scope: {}, match: {}, min: {}, when: null, ...TEMPLATES[template]() }
}

/** The rule without what was left empty: what the office is sent. */
export function clean<T>(value: T): T {
  if (Array.isArray(value)) return value.map(clean).filter((one) => one !== undefined && one !== '') as T
  if (value && typeof value === 'object') {
    const kept = Object.entries(value).map(([name, one]) => [name, clean(one as unknown)] as const)
      .filter(([name, one]) => one !== undefined && one !== null && one !== '' && !(Array.isArray(one) && !one.length && name !== 'value') && !(typeof one === 'object' && !Array.isArray(one) && !Object.keys(one).length))
    return Object.fromEntries(kept) as T
  }
  return value
}

/** The same rule with every part the form writes into. */
export function unfold(rule: Rule): Rule {
  return { stage: 'line', priority: 0, when: null, ...structuredClone(rule), scope: { ...rule.scope }, match: { ...rule.match }, min: { ...rule.min }, name: { en: '', ...rule.name } }
}

/** An effect of a kind, with what it cannot do without. */
export function effectOf(kind: EffectKind): Effect {
  if (kind === 'gift') return { kind, item: '', qty: '1' }
  if (kind === 'buy_get') return { kind, buy: { qty: '2' }, get: { qty: '1', percent: '100' }, repeat: true, pick: 'cheapest' }
  if (kind === 'amount') return { kind, value: '', per: 'unit' }
  return { kind, value: '' }
}
