// A new shape of the store never runs past work that was not sent: what waits must still be there after the change, or
// the change does not happen and the former shape stays as it was.
import type { Transaction } from 'dexie'

/** Tables whose records nobody else has. */
const OWN = ['outbox', 'overlay', 'blob', 'draft', 'journal'] as const

/** Makes a change inside the upgrade's transaction; throws, and thereby undoes it, when it loses anything of the user's. */
export async function keepingUnsent(tx: Transaction, change: () => PromiseLike<unknown>): Promise<void> {
  const before = await keys(tx)
  await change()
  const after = await keys(tx)
  const lost = before.filter((key) => !after.includes(key))
  if (lost.length) throw new Error(`upgrade would lose ${lost.length} records`)
}

const keys = async (tx: Transaction): Promise<string[]> =>
  (await Promise.all(OWN.map(async (name) => (await tx.table(name).toCollection().primaryKeys()).map((key) => name + JSON.stringify(key))))).flat()
