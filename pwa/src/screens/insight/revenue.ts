// Revenue by region as the office answers it, and how it is shaded.
import { json } from '../../lib/api.ts'

export type RegionSet = 'VN-ADM1-34' | 'VN-ADM1-63'

export interface RegionRow {
  code: string | null
  name: string
  kind: 'region' | 'unlocated' | 'outside'
  /** Company currency, decimal text. */
  net: string
  orders: number
  customers: number
  share: string
}

export interface Revenue {
  set: RegionSet
  total: string
  rows: RegionRow[]
  months: { month: string; net: string }[]
  reps: { position_id: number; name: string; net: string }[]
  grades: Record<string, string>
}

export interface Choice {
  set: RegionSet
  /** First and last month, YYYY-MM. */
  from: string
  to: string
  /** A position, or '' for everybody of one's own. */
  position: string
}

/** The query string of a choice: the same for screen, workbook and PDF, so that all three say the same. */
export function queryOf(choice: Choice): string {
  const query = new URLSearchParams({ set: choice.set, from: choice.from, to: choice.to })
  if (choice.position) query.set('position', choice.position)
  return query.toString()
}

export const revenue = (choice: Choice, signal?: AbortSignal): Promise<Revenue> => json<Revenue>(`insight/revenue?${queryOf(choice)}`, { signal })

/** How many shades the map has; shade 0 is "nothing sold". */
export const SHADES = 5

/**
 * The shade of each region: by rank among those that sold (quintiles), because one big city would otherwise leave the
 * rest of the country in one shade.
 */
export function shadesOf(rows: readonly RegionRow[]): Map<string, number> {
  const sold = rows.filter((row) => row.kind === 'region' && Number(row.net) > 0).sort((a, b) => Number(a.net) - Number(b.net))
  const shades = new Map<string, number>()
  sold.forEach((row, rank) => shades.set(row.code ?? '', 1 + Math.floor((rank * SHADES) / sold.length)))
  return shades
}

/** The months of the last three years, newest first. */
export function monthsUntil(today: string, count = 36): string[] {
  const [year = 2026, month = 1] = today.split('-').map(Number)
  return Array.from({ length: count }, (_, back) => {
    const at = year * 12 + (month - 1) - back
    return `${Math.floor(at / 12)}-${String((at % 12) + 1).padStart(2, '0')}`
  })
}

/** "2026-11" -> "11/2026". */
export const monthText = (month: string): string => month.split('-').reverse().join('/')
