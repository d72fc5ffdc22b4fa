// The words terms are chosen from, and how long old prices are honoured: what the office sends, and what goes back.
import { json, Problem } from '../../../lib/api.ts'
import { say, t } from '../../../lib/i18n.svelte.ts'

export const KINDS = ['payment_term', 'payment_method', 'sales_method'] as const
export type Kind = (typeof KINDS)[number]

export interface Word {
  kind: Kind
  code: string
  name_vi: string
  name_en: string
  due_days: number | null
  seq: number
  used: number
  retired: boolean
  version: number
}

export type Seller = 'rep' | 'manager' | 'admin'
export interface Honour {
  role: Seller
  hours: number | null
  version: number
}
export interface HonourHours {
  default: number
  roles: Honour[]
}

export const faultOf = (why: unknown): string => {
  if (!(why instanceof Problem)) throw why
  return why.offline ? t('terms.offline') : say(`problem.${why.code}`, why.body as Record<string, string>, why.message)
}

export const move = (word: Word, what: 'retirement' | 'restoring'): Promise<{ removed: boolean }> =>
  json(`terms/words/${word.kind}/${encodeURIComponent(word.code)}/${what}`, { method: 'POST', body: { expected_version: word.version } })
