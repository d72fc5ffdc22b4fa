// A field's value in words, whatever it belongs to: codes by their names, days and amounts as they are written.
import { date, money, named, number, say, t } from '../../lib/i18n.svelte.ts'
import type { ReasonRow, RefTables } from '../../lib/rows.ts'

export interface Names {
  reasons: readonly ReasonRow[]
  groups: Record<string, RefTables['customer_group']>
  currency?: string
}

const KINDS: Record<string, string> = { purpose: 'visit_purpose', outcome: 'visit_outcome', far_reason: 'far_reason', category: 'expense_category' }

export function valueText(field: string, value: unknown, names: Names): string {
  if (value === null || value === undefined || value === '') return t('conflicts.empty')
  if (field in KINDS) return named(names.reasons.find((one) => one.kind === KINDS[field] && one.code === value)) || String(value)
  if (field === 'planned_weekday') return say(`app.weekday-${String(value)}`)
  if (field === 'group_ids') return (value as string[]).map((id) => names.groups[id]?.name ?? '?').join(', ') || t('conflicts.empty')
  if (field === 'next_on' || field === 'spent_on') return date(String(value))
  if (field === 'amount' || field === 'vat') return money(String(value), names.currency)
  if (field === 'kind') return say(`edits.kind-${String(value)}`, undefined, String(value))
  if (field === 'position') return positionText(value as { lat?: number | null; lon?: number | null; accuracy_m?: number | null })
  return String(value)
}

function positionText({ lat, lon, accuracy_m }: { lat?: number | null; lon?: number | null; accuracy_m?: number | null }): string {
  if (typeof lat !== 'number' || typeof lon !== 'number') return t('conflicts.empty')
  return `${number(lat, 5)}, ${number(lon, 5)}${typeof accuracy_m === 'number' ? ` (±${number(accuracy_m, 0)} m)` : ''}`
}
