// What the import screens share: what the office sends, and how places, faults and prices are said in words.
import { call, json, Problem, read } from '../../../lib/api.ts'
import { date, money, number, say, t } from '../../../lib/i18n.svelte.ts'

export type Kind = 'prices' | 'promotions'
export type State = 'waiting' | 'reading' | 'checking' | 'checked' | 'failed' | 'applied' | 'undone'
export type Outcome = 'new' | 'changed' | 'same' | 'error'

export interface ImportRow {
  id: string
  kind: Kind
  list_code: string | null
  list_name_vi: string | null
  list_name_en: string | null
  file_name: string
  file_size: number
  state: State
  counts: Partial<Record<Outcome, number>>
  by: string
  created_at: string
}
export interface Table {
  index: number
  kind: 'sheet' | 'table'
  name: string
  rows: number
  used: boolean
}
export interface Column {
  column: string
  title: string
  samples: string[]
  role: string
  unit: string
  mark: '' | '.' | ','
  parts: boolean | null
  question: '' | 'mark' | 'parts'
}
export interface ImportPaper extends ImportRow {
  currency: string | null
  done: number
  total: number
  tables: Table[]
  columns: Column[]
  row: number
  lines: number
  starts_on: string | null
  close_earlier: boolean
  roles: string[]
  notes: { code: string; name?: string; count?: number }[]
  fault: { code: string; title: string } | null
  steps: { step: string; by: string; at: string }[]
  version: number
}
/** A price as it was or would be, or a whole programme in the price book's format. */
export interface Shown {
  price?: { kind: string; amount?: string; percent?: string }
  min_qty?: string | null
  max_qty?: string | null
  valid_from?: string | null
  valid_to?: string | null
  closes?: { code: string; valid_to: string }
  effect?: Effect
  min?: Threshold
  tiers?: { min: Threshold; effect: Effect }[]
  match?: { items?: string[]; item_groups?: string[] }
  scope?: { customers?: string[]; customer_groups?: string[] }
  exclusive?: boolean
  group?: string
}
interface Threshold {
  qty?: string
  amount?: string
}
interface Effect {
  kind: string
  value?: string
  per?: string
  qty?: string
  every?: string
}
export interface Fault {
  code: string
  column?: string
  sheet?: number
  row?: number
  value?: string
  known?: string
  rule?: string
  first?: string
  last?: string
  reason?: string
  other?: { table: number; row: number }
}
/** Another programme that one of the file meets, and what happens then; `state` is `file` for one of the same file. */
export interface Meeting {
  kind: 'stack' | 'best' | 'priority' | 'exclusive' | 'tie'
  code: string
  name: string
  state: 'file' | 'scheduled' | 'active' | 'paused'
  row: number | null
  group: string | null
  winner: string | null
  first: string | null
  items: number
  customers: number
}
export interface Line {
  n: number
  sheet: number
  row: number
  outcome: Outcome
  label: Record<string, string>
  before: Shown | null
  after: Shown | null
  faults: Fault[]
  meetings: Meeting[]
}
export interface Page<T> {
  items: T[]
  next: string | null
}
export interface Imported {
  id: string
  state: State
  version: number
}

export const atWork = (state: State): boolean => state === 'waiting' || state === 'reading' || state === 'checking'
export const faultText = (why: unknown): string => {
  if (!(why instanceof Problem)) throw why
  return why.offline ? t('imports.offline') : why.message
}

/** Hands a file to the office; the browser writes the form, so the call gets its bytes and their type. */
export async function upload(file: File, kind: Kind, list: string): Promise<Imported> {
  const form = new FormData()
  form.append('file', file)
  const written = new Response(form)
  const query = new URLSearchParams(kind === 'prices' ? { kind, list } : { kind })
  const headers = { 'Content-Type': written.headers.get('Content-Type') ?? '' }
  const answer = await call(`price-imports?${query}`, { method: 'POST', body: await written.blob(), headers, timeout: 120_000 })
  return (await read(answer.json())) as Imported
}

export const step = (id: string, what: 'commit' | 'undo' | 'check', version: number, more: object = {}): Promise<Imported> =>
  json<Imported>(`price-imports/${id}/${what}`, { method: 'POST', body: { expected_version: version, ...more }, timeout: 120_000 })

/** "hàng 17, cột D", with the sheet or table where the file has several. */
export function place(paper: ImportPaper, sheet: number, row: number, column?: string): string {
  const table = paper.tables[sheet]
  const where = column ? t('imports.place-cell', { row, column }) : t('imports.place-row', { row })
  if (paper.tables.length < 2 || !table) return where
  return `${table.kind === 'sheet' ? t('imports.sheet', { name: table.name }) : t('imports.table', { name: table.name })}, ${where}`
}

/** One fault in words, with its place. */
export function faultLine(paper: ImportPaper, line: Line, fault: Fault): string {
  const where = place(paper, fault.sheet ?? line.sheet, fault.row ?? line.row, fault.column)
  const told = say(`imports.fault.${fault.code}`, {
    value: fault.value ?? '', known: fault.known ?? '', rule: fault.rule ?? '',
    days: days(fault.first, fault.last), other: fault.other ? place(paper, fault.other.table, fault.other.row) : '',
    reason: fault.reason ? say(`imports.unsound.${fault.reason}`, undefined, fault.reason) : '',
  })
  return `${where.charAt(0).toUpperCase()}${where.slice(1)}: ${told}`
}

export function days(first?: string | null, last?: string | null): string {
  if (first && last) return t('imports.from-to', { first: date(first), last: date(last) })
  if (first) return t('imports.from', { first: date(first) })
  return last ? t('imports.to', { last: date(last) }) : t('imports.always')
}

export const priceText = (shown: Shown, currency: string | null): string =>
  shown.price?.kind === 'fixed' ? money(shown.price.amount, currency ?? undefined) : shown.price ? t('imports.off-list', { percent: number(shown.price.percent ?? '0') }) : ''

/** What happens where two programmes meet, as the editor says it before one is put on. */
export function outcomeOf(one: Meeting, code: string): string {
  const group = one.group ?? ''
  const short = (other: string | null) => (other === code ? t('promo.overlap.this') : (other ?? ''))
  if (one.kind === 'stack') return t('promo.overlap.stack', { first: short(one.first) })
  if (one.kind === 'best') return t('promo.overlap.best', { group })
  if (one.kind === 'priority') return t('promo.overlap.priority', { group, winner: short(one.winner) })
  if (one.kind === 'tie') return t('promo.overlap.tie', { group, one: code, other: one.code })
  return one.winner ? t('promo.overlap.exclusive', { winner: short(one.winner) }) : t('promo.overlap.exclusive-open')
}

/** What a programme gives, step by step. */
export function gives(shown: Shown): string[] {
  const steps = shown.tiers ?? (shown.effect ? [{ min: shown.min ?? {}, effect: shown.effect }] : [])
  return steps.map(({ min, effect }) => {
    const from = min.qty ? t('imports.from-qty', { qty: number(min.qty) }) : min.amount ? t('imports.from-amount', { amount: money(min.amount) }) : ''
    const what =
      effect.kind === 'percent' ? t('imports.gives-percent', { percent: number(effect.value ?? '0') })
      : effect.kind === 'amount' ? t(effect.per === 'unit' ? 'imports.gives-each' : 'imports.gives-amount', { amount: money(effect.value) })
      : effect.every ? t('imports.gives-gift-every', { qty: number(effect.qty ?? '1'), every: number(effect.every) })
      : t('imports.gives-gift', { qty: number(effect.qty ?? '1') })
    return from ? `${from}: ${what}` : what
  })
}
