// Rows as they travel: column beside column, and the parts of rows as columns of their own (docs/sync.md).
import type { Row } from './rows.ts'

/** Column vectors -> rows; `_r` (what owns the row) travels beside. */
export function* rowsOf(block: { cols: string[]; v: unknown[][] }): Generator<[Row, string | null]> {
  const count = block.v[0]?.length ?? 0
  const root = block.cols.indexOf('_r')
  for (let i = 0; i < count; i++) {
    const row: Record<string, unknown> = {}
    for (let c = 0; c < block.cols.length; c++) if (c !== root) row[block.cols[c]!] = block.v[c]![i]
    yield [row as Row, root < 0 ? null : ((block.v[root]![i] as string | null) ?? null)]
  }
}

/** The parts of rows (an order's lines) as they travel: how many each row has, then all of them as vectors. */
interface Parts {
  n: number[]
  cols: string[]
  v: unknown[][]
}

/** Gives each row its parts back. */
export function unfold(block: { v: unknown[][] }): void {
  block.v = block.v.map((column: unknown[] | Parts) => {
    if (Array.isArray(column)) return column
    const parts = [...rowsOf(column)]
    let at = 0
    return column.n.map((many) => parts.slice(at, (at += many)).map(([part]) => part))
  })
}
