// Reasons of a kind, in the company's words.
import { store } from '../../lib/db.ts'
import type { ReasonKind, ReasonRow } from '../../lib/rows.ts'

export type Reason = ReasonRow

/** The reasons of a kind, as the phone holds them, by code. */
export async function reasonsOf(kind: ReasonKind): Promise<Reason[]> {
  const held = await (await store()).ref.get('reason')
  return Object.values((held?.rows ?? {}) as Record<string, ReasonRow>).filter((row) => row.kind === kind).sort((a, b) => a.code.localeCompare(b.code))
}
