// The words of the row form, and what they make of a row for the office.
import { shown, typed, type Price, type Ref, type Rule } from './price-lists.ts'

/** A row as it is being typed: numbers as text, whom and what as a choice with its pick. */
export interface RuleWords {
  what: 'item' | 'item_group' | 'all'
  item: Ref | null
  item_group: Ref | null
  whom: 'all' | 'customer' | 'customer_group'
  customer: Ref | null
  customer_group: Ref | null
  kind: 'fixed' | 'off'
  amount: string
  base: string
  /** Down or up from the base. */
  way: 'less' | 'more'
  percent: string
  round_to: string
  plus: string
  min_margin: string
  max_margin: string
  unit: string
  min_qty: string
  max_qty: string
  valid_from: string
  valid_to: string
  priority: number | null
}

/** What goes to the office: the fields of a row, without its id. */
export interface RuleBody {
  price: Price
  priority: number
  item_id: string | null
  item_group_id: string | null
  customer_id: string | null
  customer_group_id: string | null
  unit: string | null
  min_qty: string | null
  max_qty: string | null
  valid_from: string | null
  valid_to: string | null
}

/** A stored row as words; an empty form for none. */
export function formOf(rule: Rule | null): RuleWords {
  const off = rule?.price?.kind === 'off' ? rule.price : null
  const percent = off?.percent ?? ''
  return {
    what: !rule || rule.item ? 'item' : rule.item_group ? 'item_group' : 'all',
    item: rule?.item ?? null,
    item_group: rule?.item_group ?? null,
    whom: rule?.customer ? 'customer' : rule?.customer_group ? 'customer_group' : 'all',
    customer: rule?.customer ?? null,
    customer_group: rule?.customer_group ?? null,
    kind: off ? 'off' : 'fixed',
    amount: rule?.price?.kind === 'fixed' ? shown(rule.price.amount) : '',
    base: off?.base ?? 'list',
    way: percent.startsWith('-') ? 'more' : 'less',
    percent: shown(percent.replace('-', '')),
    round_to: shown(off?.round_to),
    plus: shown(off?.plus),
    min_margin: shown(off?.min_margin),
    max_margin: shown(off?.max_margin),
    unit: rule?.unit ?? '',
    min_qty: shown(rule?.min_qty),
    max_qty: shown(rule?.max_qty),
    valid_from: rule?.valid_from ?? '',
    valid_to: rule?.valid_to ?? '',
    priority: rule?.priority ?? 0,
  }
}

/** The row the words mean; null while something needed is missing or is no number. */
export function bodyOf(form: RuleWords): RuleBody | null {
  const price = priceOf(form)
  const least = typed(form.min_qty, 6)
  const most = typed(form.max_qty, 6)
  if (!price || least === null || most === null || least.startsWith('-') || most.startsWith('-')) return null
  if ((form.what !== 'all' && !form[form.what]) || (form.whom !== 'all' && !form[form.whom])) return null
  return {
    price,
    priority: form.priority ?? 0,
    item_id: form.what === 'item' ? form.item!.id : null,
    item_group_id: form.what === 'item_group' ? form.item_group!.id : null,
    customer_id: form.whom === 'customer' ? form.customer!.id : null,
    customer_group_id: form.whom === 'customer_group' ? form.customer_group!.id : null,
    unit: form.unit.trim() || null,
    min_qty: least || null,
    max_qty: most || null,
    valid_from: form.valid_from || null,
    valid_to: form.valid_to || null,
  }
}

function priceOf(form: RuleWords): Price | null {
  if (form.kind === 'fixed') {
    const amount = typed(form.amount, 2)
    return amount ? { kind: 'fixed', amount } : null
  }
  const names = ['percent', 'round_to', 'plus', 'min_margin', 'max_margin'] as const
  const found = names.map((name) => [name, typed(form[name], name === 'percent' ? 4 : 2)] as const)
  if (found.some(([, value]) => value === null)) return null
  const price: Price = { kind: 'off', base: form.base }
  for (const [name, value] of found) if (value && value !== '0') price[name] = name === 'percent' && form.way === 'more' ? `-${value}` : value
  return price
}
