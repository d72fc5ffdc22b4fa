// The line of this phone's operations: each carries the hash of itself and the one before it, so that the office can name
// what is missing. Twin of sync/chain.py; both run tests/cases/chain.json.
import Dexie from 'dexie'
import type { Entry, Store } from './db.ts'

const hash = async (text: string): Promise<string> =>
  Array.from(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))), (byte) => byte.toString(16).padStart(2, '0')).join('')

/** The hash of an operation, 64 hex digits. `args`: its arguments as they will cross the wire. */
export const link = (prev: string, n: number, id: string, name: string, args: string): Promise<string> => hash(`${prev}\n${n}\n${id}\n${name}\n${args}`)

/** Four hex digits for a set of operations, to read out over the telephone; the same whatever their order. */
export const dayCode = async (ids: readonly string[]): Promise<string> => (await hash([...ids].sort().join('\n'))).slice(0, 4).toUpperCase()

/** Puts an entry at the end of the line; call it inside the transaction that writes it. Returns its number. */
export async function append(store: Store, entry: Omit<Entry, 'n' | 'prev' | 'chain'>): Promise<number> {
  const n = await store.outbox.add(entry as Entry)
  const prev = (await store.read<string>('chain')) ?? ''
  // IndexedDB would end the transaction while the hash is computed
  const chain = await Dexie.waitFor(link(prev, n, entry.id, entry.name, JSON.stringify(entry.args)))
  await store.outbox.update(n, { prev, chain })
  await store.write('chain', chain)
  return n
}
