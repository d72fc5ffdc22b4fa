// Outlines of provinces for maps: fetched once per content hash, then kept on the phone.
import { json, Problem } from './api.ts'
import type { Store } from './db.ts'

interface SetRow {
  code: string
  shapes: string | null
}

/** The TopoJSON of a region set, from the phone when it is there; undefined when it never came. */
export async function shapes(store: Store, code: string): Promise<unknown> {
  const key = `shapes:${code}`
  const held = await store.read<{ url: string; topology: unknown }>(key)
  try {
    const sets = await json<{ items: SetRow[] } | SetRow[]>('geo/sets', { timeout: 8000 })
    const url = (Array.isArray(sets) ? sets : sets.items).find((one) => one.code === code)?.shapes
    if (!url || url === held?.url) return held?.topology
    const topology = await json<unknown>(url, { timeout: 60_000 })
    await store.write(key, { url, topology })
    return topology
  } catch (reason) {
    if (reason instanceof Problem) return held?.topology
    throw reason
  }
}
