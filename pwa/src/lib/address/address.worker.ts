// The address reader: a worker of its own, started by the form that needs it, so that neither typing nor syncing waits.
import { expose } from 'comlink'
import { around, read, settle, type Label, type Read } from './reading.ts'
import { UNITS_CACHE, unitsOf, type Packed, type Units } from './units.ts'
import type { Candidate } from './vi.ts'

let units: Units | null = null

async function loaded(): Promise<Units | null> {
  if (units || !globalThis.caches) return units
  const start = performance.now()
  const cache = await caches.open(UNITS_CACHE)
  // The newest last: an older one is only there while a newer one is being fetched.
  const key = (await cache.keys()).at(-1)
  const kept = key && (await cache.match(key))
  if (!kept) return null
  try {
    units = unitsOf((await kept.json()) as Packed)
    performance.measure('units', { start })
  } catch {
    // Not the tables: better none than wrong ones.
    await cache.delete(key)
  }
  return units
}

const api = {
  /** Whether addresses can be read here: the tables are on the phone. */
  async load(): Promise<boolean> {
    return (await loaded()) !== null
  },
  async read(text: string): Promise<Read | null> {
    const tables = await loaded()
    return tables && read(text, tables)
  },
  /** The text with the words that make it mean the candidate, null when no words do. */
  async settle(text: string, candidate: Candidate): Promise<string | null> {
    const tables = await loaded()
    return tables && settle(text, candidate, tables)
  },
  /** Names of wards around a point, for a map without tiles. */
  async around(at: { lat: number; lon: number }, most: number): Promise<Label[]> {
    const tables = await loaded()
    return tables ? around(at, most, tables) : []
  },
}

export type AddressApi = typeof api
expose(api)
