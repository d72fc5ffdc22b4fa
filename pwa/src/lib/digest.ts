// Whether the phone holds what the office believes it does: per table the number of rows and one figure made of their ids and
// versions (docs/sync.md, "Digest"). Asked once a day; whatever went wrong unseen is found and fetched anew.
import type { Store } from './db.ts'
import type { Row } from './rows.ts'

/** Table -> how many rows, and the xor over them of (last 48 bits of the id + version * 2654435761) modulo 2^48. */
export type Digest = Record<string, [number, number]>

/** Milliseconds between two checks. */
export const CHECK_EVERY = 86_400_000
const STEP = 2_654_435_761
const HALF = 2 ** 24

/** The figure of some rows. Exact for versions below three million. */
export function figureOf(rows: Iterable<Row>): [number, number] {
  let count = 0
  let high = 0
  let low = 0
  for (const row of rows) {
    const mark = (Number.parseInt(row.id.slice(-12), 16) + row._v * STEP) % 2 ** 48
    high ^= Math.floor(mark / HALF)
    low ^= mark % HALF
    count++
  }
  return [count, high * HALF + low]
}

/** What this phone holds, for the tables that are held whole. */
export async function digestOf(store: Store): Promise<Digest> {
  const docs = await store.customer.toArray()
  const own: Digest = {
    customer: figureOf(docs.flatMap((doc) => doc.row ?? [])),
    address: figureOf(docs.flatMap((doc) => doc.addresses)),
    contact: figureOf(docs.flatMap((doc) => doc.contacts)),
  }
  for (const { t, rows } of await store.ref.toArray()) own[t] = figureOf(Object.values(rows))
  return own
}

/** The tables in which the phone differs from the office. Tables this app does not know yet are not its to compare. */
export function differing(own: Digest, office: Digest, known: readonly string[]): string[] {
  const said = (figures: Digest, t: string) => (figures[t] ?? [0, 0]).join()
  return known.filter((t) => said(own, t) !== said(office, t))
}
