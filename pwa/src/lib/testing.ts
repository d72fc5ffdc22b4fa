// Before every test: an IndexedDB in memory. `office()` is a small office with a database of its own behind `fetch`.
import 'fake-indexeddb/auto'
import { afterEach, vi } from 'vitest'
import { Store } from './db.ts'
import { desk, type Session } from './desk.ts'
import { newId } from './ids.ts'

afterEach(() => vi.unstubAllGlobals())

/** Signs somebody new in and opens their store. */
export async function signedIn(): Promise<Store> {
  const id = newId()
  const me = { id, login: 'lan', name: 'Lan', language: 'vi' as const, roles: ['rep' as const], csrf: 'token', positions: [3], company: { name: 'C', currency: 'VND', time_zone: 'Asia/Ho_Chi_Minh', language: 'vi' } }
  await desk.write('session', { me, device: newId(), at: 0 } satisfies Session)
  return new Store(id)
}

export interface Asked {
  push: { id: string; n: number; name: string; lane: string; deps: string[]; args: Record<string, unknown>; prev?: string; chain?: string }[]
  acked: number
  pull: { cursor: string | null; limit: number }
}

type Fault = 'cut-before' | 'cut-after' | number | null

/** A small office: applies each mutation once, remembers receipts, refuses and fails as told. */
export function office() {
  const receipts = new Map<string, { st: string; [key: string]: unknown }>()
  const applied: string[] = []
  const asked: Asked[] = []
  const files = new Map<string, Uint8Array>()
  const state = {
    receipts, applied, asked, files,
    /** What the next requests meet; after the list, nothing. */
    faults: [] as Fault[],
    /** Mutations (by name or entity id) the office refuses. */
    refuse: new Set<string>(),
    /** Mutations (by entity id) that break the office: the whole request answers 500. */
    poison: new Set<string>(),
    /** Refuses what depends on a refused mutation instead of holding it. */
    strict: false,
    parked: [] as unknown[],
    page: () => ({}) as Record<string, unknown>,
  }
  const answer = (status: number, body: unknown, headers: Record<string, string> = {}) => new Response(body === null ? null : JSON.stringify(body), { status, headers })
  const sync = (said: Asked): Response => {
    asked.push(said)
    if (said.push.some((one) => state.poison.has(one.args.id as string))) return answer(500, { title: 'broken' })
    const acks = said.push.map((one) => {
      const known = receipts.get(one.id)
      if (known) return { id: one.id, ...known, dup: true }
      if (one.deps.some((dep) => receipts.get(dep)?.st === 'rejected')) return { id: one.id, st: state.strict ? 'rejected' : 'held', retry_after: 60 }
      const refused = state.refuse.has(one.name) || state.refuse.has(one.args.id as string)
      const receipt = refused ? { st: 'rejected', problem: { type: 'urn:app:item-unknown', title: 'unknown' } } : { st: 'applied' }
      if (!refused && one.name !== 'outbox.withdraw') applied.push(one.args.id as string)
      receipts.set(one.id, receipt)
      return { id: one.id, ...receipt }
    })
    // In the order of the real one: what says nothing is left out, and where the next page begins comes before this one's rows.
    return answer(200, { v: 1, now: new Date().toISOString(), ...(acks.length ? { acks } : {}), cursor: 'c1', more: false, ...state.page() })
  }
  const bytes = async (url: string, init: RequestInit): Promise<Response> => {
    const headers = new Headers(init.headers)
    const id = /att_id (\S+?)(,|$)/.exec(headers.get('Upload-Metadata') ?? '')?.[1]
    const key = id ? atob(id) : url.split('/').at(-1)!
    const held = files.get(key) ?? new Uint8Array()
    if (init.method === 'HEAD') return files.has(key) ? answer(200, null, { 'Upload-Offset': String(held.length) }) : answer(404, {})
    const fresh = new Uint8Array(await new Response(init.body).arrayBuffer())
    if (init.method === 'PATCH' && Number(headers.get('Upload-Offset')) !== held.length) return answer(409, {})
    const all = init.method === 'POST' && files.has(key) ? held : new Uint8Array([...held, ...fresh])
    files.set(key, all)
    return answer(init.method === 'POST' ? 201 : 204, null, { Location: `/api/v1/files/${key}`, 'Upload-Offset': String(all.length) })
  }
  vi.stubGlobal('fetch', async (url: string, init: RequestInit): Promise<Response> => {
    const fault = state.faults.shift() ?? null
    if (fault === 'cut-before') throw new TypeError('network')
    if (typeof fault === 'number') return answer(fault, { title: 'fault' })
    let reply: Response
    if (url.includes('/outbox/report')) reply = answer(204, (state.parked.push(JSON.parse(init.body as string)), null))
    else if (url.includes('/files')) reply = await bytes(url, init)
    else reply = sync(JSON.parse(init.body as string) as Asked)
    if (fault === 'cut-after') throw new TypeError('network')
    return reply
  })
  return state
}
