// Commercial terms: what the office answers, and how a value is read and shown.
import { amount } from '../../../lib/decimal.ts'
import { language, money, number, t } from '../../../lib/i18n.svelte.ts'
import { typed } from '../../../lib/typed.ts'

export const NAMES = ['price_list', 'discount', 'sales_method', 'payment_term', 'payment_method', 'credit_limit', 'currency', 'tax'] as const
export type Name = (typeof NAMES)[number]

export interface Origin {
  kind: 'customer' | 'account' | 'group' | 'company'
  id: string | null
  name: string
}

export interface Term {
  value: string | null
  from: Origin | null
  own: string | null
  above: string | null
  label?: string
  label_en?: string
  above_label?: string
  above_label_en?: string
  above_from?: Origin | null
  dormant?: boolean
  retired?: boolean
}

export interface Terms {
  kind: Origin['kind']
  id: string | null
  name: string
  version: number
  currency: string
  terms: Record<Name, Term>
}

export interface GroupNode {
  parent_id: string | null
  code: string
  depth: number
  version: number
  customers: number
  terms: Terms
}

export interface Choice {
  value: string
  name_vi: string
  name_en: string
}
export type Choices = Partial<Record<Name, Choice[]>>

/** Where the terms of an owner are read and changed. */
export const pathOf = (terms: Pick<Terms, 'kind' | 'id'>): string =>
  terms.kind === 'company' ? 'company/terms' : `${terms.kind === 'group' ? 'customer-groups' : 'customers'}/${terms.id}/terms`

/** A value as people read it. */
export function shown(name: Name, value: string | null, label: string | undefined, code: string): string {
  if (value === null) return t('terms.unset')
  if (name === 'discount') return `${number(value, 6)} %`
  if (name === 'credit_limit') return value.replace(/[0.]/g, '') === '' ? t('terms.cash-only') : money(value, code)
  return label ?? value
}

export const labelOf = (term: Term): string | undefined => (language() === 'en' ? term.label_en || term.label : term.label)
export const aboveLabelOf = (term: Term): string | undefined => (language() === 'en' ? term.above_label_en || term.above_label : term.above_label)

/** Where a value comes from, in words. */
export function origin(from: Origin | null | undefined, owner: Pick<Terms, 'kind' | 'id'>): string {
  if (!from) return t('terms.nobody')
  if (from.kind === owner.kind && from.id === owner.id) return t(owner.kind === 'customer' ? 'terms.own-customer' : owner.kind === 'group' ? 'terms.own-group' : 'terms.own-company')
  if (from.kind === 'group') return t('terms.from-group', { name: from.name })
  return from.kind === 'account' ? t('terms.from-account', { name: from.name || t('terms.shared') }) : t('terms.from-company')
}

/** What was typed for a number, as the wire wants it; null when it is none. */
export function read(name: Name, text: string, code: string): string | null {
  if (name === 'credit_limit') return amount(text, new Intl.NumberFormat('en', { style: 'currency', currency: code }).resolvedOptions().maximumFractionDigits ?? 0)
  const value = typed(text, language())
  return value !== null && Number(value) <= 100 ? value : null
}
