// A promotion's rule as a person would say it, in the reader's language. Every part of the format has its words here.
import { date, money, named, number, t, type Key } from '../../../lib/i18n.svelte.ts'
import { FACTS, type Choice, type Condition, type Effect, type Extras, type Group, type Minimum, type Names, type Rule, type Selector } from './promotions.ts'

const word = (key: string, values?: Record<string, string | number>) => t(`promo.${key}` as Key, values)
const list = (parts: readonly string[], join: 'or' | 'and' = 'or') => parts.join(` ${word(`say.${join}`)} `)
/** What a group of items or customers is called. */
export const groupName = (group: Group | undefined, code: string) => (group ? (group.name ?? named({ name_vi: group.name_vi ?? code, name_en: group.name_en })) : code)

function nameOf(id: string, names: Names): string {
  const label = names.labels[id]
  return label ? named(label) : word('say.somebody')
}
const groups = (codes: readonly string[], known: readonly Group[]) => list(codes.map((code) => groupName(known.find((one) => one.code === code), code)))

/** The unit a rule counts in, where all its items share one. */
export function unitOf(selector: Selector | undefined, names: Names): string {
  const units = new Set((selector?.items ?? []).map((id) => names.labels[id]?.unit ?? ''))
  const [only] = units
  return units.size === 1 && only ? only : word('say.unit')
}

export function goods(selector: Selector | undefined, names: Names): string {
  const parts: string[] = []
  if (selector?.items?.length) parts.push(list(selector.items.map((id) => nameOf(id, names))))
  if (selector?.item_groups?.length) parts.push(word('say.goods-of', { names: groups(selector.item_groups, names.items) }))
  let said = parts.join(', ') || word('say.any-goods')
  if (selector?.units?.length) said += ` ${word('say.by-unit', { units: list(selector.units) })}`
  if (selector?.not_items?.length) said += ` ${word('say.but', { names: list(selector.not_items.map((id) => nameOf(id, names)), 'and') })}`
  return said
}

function who(rule: Rule, names: Names): string {
  const scope = rule.scope ?? {}
  const parts: string[] = []
  if (scope.customer_groups?.length) parts.push(word('say.of-groups', { names: groups(scope.customer_groups, names.customers) }))
  if (scope.customers?.length) parts.push(scope.customers.length > 5 ? word('say.customers-count', { count: scope.customers.length }) : list(scope.customers.map((id) => nameOf(id, names))))
  if (scope.regions?.length) parts.push(word('say.in-regions', { names: list(scope.regions) }))
  if (scope.payment_term?.length) parts.push(word('say.with-terms', { names: list(scope.payment_term) }))
  if (scope.payment_method?.length) parts.push(word('say.with-method', { names: list(scope.payment_method) }))
  if (scope.channel?.length) parts.push(word('say.through', { names: list(scope.channel) }))
  if (scope.price_list?.length) parts.push(word('say.on-lists', { names: list(scope.price_list) }))
  return parts.join(', ') || word('say.everybody')
}

function days(rule: Rule): string {
  if (rule.valid_from && rule.valid_to) return word('say.from-to', { from: date(rule.valid_from), to: date(rule.valid_to) })
  if (rule.valid_from) return word('say.from', { from: date(rule.valid_from) })
  return rule.valid_to ? word('say.to', { to: date(rule.valid_to) }) : word('say.always')
}

/** A threshold in words; "" for none. */
export function minimum(min: Minimum | undefined, unit: string, code: string | undefined): string {
  const parts: string[] = []
  if (min?.qty) parts.push(min.qty_max ? word('say.range', { low: number(min.qty), high: `${number(min.qty_max)} ${unit}` }) : word('say.at-least', { what: `${number(min.qty)} ${unit}` }))
  else if (min?.qty_max) parts.push(word('say.at-most', { what: `${number(min.qty_max)} ${unit}` }))
  if (min?.amount) parts.push(min.amount_max ? word('say.range', { low: money(min.amount, code), high: money(min.amount_max, code) }) : word('say.at-least', { what: money(min.amount, code) }))
  else if (min?.amount_max) parts.push(word('say.at-most', { what: money(min.amount_max, code) }))
  if (!parts.length) return ''
  const more = [min?.amount && min.basis === 'running' ? word('say.left') : '', min?.amount && min.tax ? word(`say.tax-${min.tax}`) : '', min?.scope === 'line' ? word('say.each-line') : ''].filter(Boolean)
  return list(parts, 'and') + (more.length ? ` (${more.join(', ')})` : '')
}

/** What an effect does. */
export function effect(one: Effect, rule: Rule, names: Names): string {
  const code = rule.currency
  const base = unitOf(one.target ?? rule.match, names)
  const per = one.unit === 'line' ? word('say.sold-unit') : base
  const more: string[] = []
  if (one.target && Object.values(one.target).some((part) => part?.length)) more.push(word('say.on', { goods: goods(one.target, names) }))
  if (one.max_qty) more.push(word('say.max-qty', { qty: `${number(one.max_qty)} ${base}` }))
  if (one.cap) more.push(word('say.cap', { amount: money(one.cap, code) }))
  if (one.cap_total) more.push(word('say.cap-total', { amount: money(one.cap_total, code) }))
  if (one.basis === 'original' && (one.kind === 'percent' || one.kind === 'price')) more.push(word('say.of-original'))
  const tail = more.length ? `, ${more.join(', ')}` : ''
  if (one.kind === 'percent') return word('say.percent', { value: number(one.value || '0', 6) }) + tail
  if (one.kind === 'amount') return word(`say.amount-${one.per ?? 'order'}`, { amount: money(one.value || '0', code), unit: per }) + tail
  if (one.kind === 'price') return word(one.raise ? 'say.price-raise' : 'say.price', { amount: money(one.value || '0', code), unit: per }) + tail
  if (one.kind === 'gift') return gift(one, rule, names)
  return buyGet(one, rule, names)
}

const given = (one: Effect, rule: Rule, names: Names, extras: Extras) => (one.kind === 'gift' && extras.gifts ? gift(one, rule, names, extras.gifts) : effect(one, rule, names))

function present({ item, qty, unit }: Partial<Choice>, names: Names): string {
  const name = item ? nameOf(item, names) : word('say.some-item')
  return `${number(qty || '0')} ${unit ?? (item ? names.labels[item]?.unit : '') ?? ''} ${name}`.replace(/\s+/g, ' ')
}

function gift(one: Effect, rule: Rule, names: Names, choices: readonly Choice[] = []): string {
  const what = choices.length ? word('say.one-of', { gifts: list(choices.map((each) => present(each, names))) }) : present(one, names)
  const counted = unitOf(rule.match, names)
  let said = one.price && one.price !== '0' ? word('say.gift-price', { what, amount: money(one.price, rule.currency) }) : word('say.gift', { what })
  if (one.every) said += `, ${word('say.every', { qty: `${number(one.every)} ${counted}` })}`
  if (one.every && one.over && one.over !== '0') said += ` ${word('say.over', { qty: `${number(one.over)} ${counted}` })}`
  if (one.max_times) said += `, ${word('say.max-times', { times: number(one.max_times) })}`
  return said
}

function buyGet(one: Effect, rule: Rule, names: Names): string {
  const bought = one.buy?.match ? `${number(one.buy.qty || '0')} ${goods(one.buy.match, names)}` : `${number(one.buy?.qty || '0')} ${unitOf(rule.match, names)}`
  const percent = one.get?.percent ?? '100'
  const key = percent === '100' ? 'free' : 'off'
  const got = `${number(one.get?.qty || '0')}${one.get?.match ? ` ${goods(one.get.match, names)}` : ''}`
  const said = word(`say.buy-get-${key}`, { buy: bought, get: got, pick: word(`say.pick-${one.pick ?? 'cheapest'}`), percent: number(percent, 6) })
  if (!one.repeat) return `${said}, ${word('say.once')}`
  return one.max_times ? `${said}, ${word('say.max-times', { times: number(one.max_times) })}` : `${said}, ${word('say.again')}`
}

/** A condition tree in words; "" for none. */
export function condition(tree: Condition | null | undefined, names: Names, code?: string): string {
  if (!tree) return ''
  if ('all' in tree || 'any' in tree) {
    const [parts, join] = 'all' in tree ? [tree.all, 'and' as const] : [tree.any, 'or' as const]
    const said = parts.map((one) => condition(one, names, code)).filter(Boolean)
    return said.length > 1 ? `(${list(said, join)})` : (said[0] ?? '')
  }
  if ('not' in tree) {
    const inner = condition(tree.not, names, code)
    return inner ? word('say.not', { what: inner }) : ''
  }
  const fact = word(`fact.${tree.fact}`)
  const kind = FACTS[tree.fact]
  if (kind === 'flag') return word(tree.value === (tree.op !== 'ne') ? 'say.is' : 'say.is-not', { fact })
  if (tree.op === 'exists') return word(tree.value === false ? 'say.is-absent' : 'say.is-known', { fact })
  const one = (value: unknown): string => {
    const text = String(value ?? '')
    if (kind === 'money') return text ? money(text, code) : '…'
    if (kind === 'number') return text ? number(text) : '…'
    if (kind === 'date') return text ? date(text) : '…'
    if (kind === 'groups') return groupName(names.customers.find((group) => group.code === text), text)
    return kind === 'items' || kind === 'customers' ? nameOf(text, names) : text || '…'
  }
  const values = Array.isArray(tree.value) ? tree.value.map(one) : [one(tree.value)]
  return word(`op.${tree.op}`, { fact, value: tree.op === 'between' ? values.join(' – ') : list(values) || '…' })
}

/** The whole rule: who, when, what for what, and how it lives with others. */
export function sentence(rule: Rule, names: Names, pick?: 'best' | 'priority' | null, extras: Extras = {}): string {
  const unit = unitOf(rule.match, names)
  const least = minimum(rule.min, unit, rule.currency)
  const bought = least ? word('say.buy-min', { goods: goods(rule.match, names), min: least }) : word('say.buy', { goods: goods(rule.match, names) })
  const gives = rule.tiers
    ? rule.tiers.map((tier) => word('say.tier', { min: minimum(tier.min, unit, rule.currency) || '…', effect: effect(tier.effect, rule, names) })).join('; ')
    : rule.effect ? given(rule.effect, rule, names, extras) : '…'
  const parts = [word('say.all', { who: who(rule, names), days: days(rule), buy: bought, gives })]
  const also = condition(rule.when, names, rule.currency)
  if (also) parts.push(word('say.only-when', { what: also.replace(/^\((.*)\)$/, '$1') }))
  if (rule.coupon) parts.push(word('say.coupon', { coupon: rule.coupon }))
  if (extras.budget) parts.push(word('say.budget', { budget: money(extras.budget) }))
  if (extras.per_customer) parts.push(word('say.per-customer', { count: extras.per_customer }))
  if (rule.exclusive) parts.push(word('say.exclusive'))
  if (rule.group) parts.push(word(pick === 'priority' ? 'say.group-priority' : 'say.group-best', { group: rule.group }))
  return parts.map((part) => part.charAt(0).toUpperCase() + part.slice(1)).join(' ')
}
