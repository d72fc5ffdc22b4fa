// The tables of administrative units on the phone: fetched once per version, in the background after a sync, and kept for
// reading addresses without a network, with the outlines their map is drawn on. They are the same for everybody and hold nothing of anybody.
import { call, json, read } from '../api.ts'
import { store } from '../db.ts'
import { desk } from '../desk.ts'
import { shapes } from '../shapes.ts'
import { UNITS_CACHE } from './units.ts'

/** How often the office is asked for newer ones, ms. */
const ASK_EVERY = 6 * 3600_000

interface Told {
  version: string
  url: string
}

let asked = -Infinity
let going: Promise<boolean> | null = null

/**
 * Makes sure the phone holds the tables of today; true when it holds any. `wanted`: somebody needs them now, so also
 * when the browser was told to save data; otherwise it waits for a better line. Never throws: without them the office
 * finds the ward.
 */
export function keepUnits(wanted = false): Promise<boolean> {
  return (going ??= keep(wanted)
    .catch(() => false)
    .finally(() => (going = null)))
}

async function keep(wanted: boolean): Promise<boolean> {
  if (!globalThis.caches) return false
  const cache = await caches.open(UNITS_CACHE)
  const held = (await cache.keys()).map(({ url }) => new URL(url).pathname)
  const saving = (globalThis.navigator as { connection?: { saveData?: boolean } } | undefined)?.connection?.saveData === true
  const roles = (await desk.session())?.me.roles ?? []
  const needs = wanted || (!saving && roles.some((role) => role === 'rep' || role === 'manager' || role === 'admin'))
  if (!needs || (held.length && performance.now() - asked < ASK_EVERY)) return held.length > 0
  try {
    const { version, url } = await json<Told>('geo/units', { timeout: 15_000 })
    if (!held.includes(url)) await fetchInto(cache, url, version)
    for (const other of held) if (other !== url) await cache.delete(other)
    asked = performance.now()
    // The ground under the pin of a map without tiles; it draws without it too.
    void store().then((store) => shapes(store, 'VN-ADM1-34')).catch(() => undefined)
    return true
  } catch {
    return held.length > 0
  }
}

/** Stores the tables whole or not at all: what a dying line left over is not their hash. */
async function fetchInto(cache: Cache, url: string, version: string): Promise<void> {
  const bytes = await read((await call(url, { timeout: 180_000 })).arrayBuffer())
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
  const hex = Array.from(digest.subarray(0, version.length / 2), (byte) => byte.toString(16).padStart(2, '0')).join('')
  if (hex !== version) throw new Error(`unit tables ${hex}, not ${version}`)
  await cache.put(url, new Response(bytes, { headers: { 'Content-Type': 'application/json' } }))
}
