// One conversation with the office: push what may go, take what came, until both sides are done; then the photo bytes.
// Runs in the worker and in the service worker, under the lock `sync`, so that one of them speaks at a time.
import { json, Problem } from './api.ts'
import { desk } from './desk.ts'
import type { Entry, Store } from './db.ts'
import { ackedUpTo, backoff, PARK_AFTER, pick, PUSH_LIMIT, wire } from './outbox.ts'
import { applyPage, type Changed, type Page } from './pull.ts'
import { expire } from './session.ts'
import { sendBytes } from './tus.ts'

export const APP_VERSION = '0.1.0'
export const SCHEMA = 1
const PAGE_ROWS = 2000
/** Whole requests that may fail before the batch is halved to find what breaks it. */
const BISECT_AFTER = 3

/** What hinders the conversation as a whole; kept in `meta` under `net`. */
export interface Net {
  fails: number
  next_at: number
  /** Requests the office answered with an error, in a row. */
  bad?: number
  /** Size of the batch while looking for a bad mutation. */
  limit?: number
}

export type Outcome = 'done' | 'offline' | 'later' | 'expired' | 'wipe' | 'nobody'

export interface Listener {
  changed?: (changed: Changed) => void
}

/** Runs `work` while no other page, worker or service worker of this phone does. */
export async function alone<T>(name: string, work: () => Promise<T>): Promise<T> {
  if (typeof navigator !== 'undefined' && navigator.locks) return navigator.locks.request(name, work)
  const before = queue
  let done = () => {}
  queue = new Promise((resolve) => (done = resolve))
  await before
  try {
    return await work()
  } finally {
    done()
  }
}
let queue: Promise<void> = Promise.resolve()

/** Talks to the office until there is nothing left to say. Never throws for what the network or the office does. */
export async function exchange(store: Store, listener: Listener = {}): Promise<Outcome> {
  return alone('sync', async () => {
    const session = await desk.session()
    if (!session || session.me.id !== store.user) return 'nobody'
    if (session.expired) return 'expired'
    // Under the lock nobody else is sending: what says so was cut off.
    await store.outbox.where('st').equals('sending').modify({ st: 'queued' })
    const net = await store.read<Net>('net')
    if (net && net.next_at > Date.now()) return 'later'
    for (let round = 0; round < 500; round++) {
      const outcome = await turn(store, session.device, listener)
      if (outcome !== 'again') {
        if (outcome === 'done') return (await sendBytes(store)) ?? 'done'
        return outcome
      }
    }
    return 'later'
  })
}

async function turn(store: Store, device: string, listener: Listener): Promise<Outcome | 'again'> {
  const net = await store.read<Net>('net')
  const batch = pick(await store.outbox.orderBy('n').toArray(), Date.now(), net?.limit ?? PUSH_LIMIT)
  if (batch.length) await store.outbox.where('n').anyOf(batch.map((entry) => entry.n)).modify({ st: 'sending' })
  let page: Page
  const asked = Date.now()
  try {
    page = await ask(store, device, batch)
  } catch (reason) {
    return failed(store, device, batch, reason)
  }
  const answered = Date.now()
  const changed = await applyPage(store, page, batch, answered)
  await store.write('skew', new Date(page.now).getTime() - (asked + answered) / 2)
  if (page.poll_s) await store.write('poll_s', page.poll_s)
  await store.write('min_schema', page.min_schema ?? 0)
  if (batch.length || !net?.limit) await store.meta.delete('net')
  if (net?.limit && batch.length === net.limit) await store.write('net', { fails: 0, next_at: 0, bad: 0, limit: net.limit * 2 } satisfies Net)
  listener.changed?.(changed)
  const left = pick(await store.outbox.orderBy('n').toArray(), Date.now())
  return page.more || left.length ? 'again' : 'done'
}

async function ask(store: Store, device: string, batch: Entry[]): Promise<Page> {
  const skew = (await store.read<number>('skew')) ?? 0
  return json<Page>('sync', {
    method: 'POST',
    timeout: 60_000,
    body: {
      v: 1,
      device,
      app: APP_VERSION,
      schema: SCHEMA,
      acked: await ackedUpTo(store),
      push: batch.map((entry) => wire(entry, skew)),
      pull: { cursor: (await store.read<string>('cursor')) ?? null, limit: PAGE_ROWS, digest: false },
    },
  })
}

/** Decides what a failed request means. Whatever it means, nothing leaves the outbox. */
async function failed(store: Store, device: string, batch: Entry[], reason: unknown): Promise<Outcome | 'again'> {
  const numbers = batch.map((entry) => entry.n)
  await store.outbox.where('n').anyOf(numbers).modify({ st: 'queued' })
  if (!(reason instanceof Problem)) throw reason
  if (reason.status === 401) {
    await expire()
    return 'expired'
  }
  if (reason.status === 403 && reason.code === 'device-revoked') {
    await store.write('revoked', true)
    return reason.body.wipe === false ? 'expired' : 'wipe'
  }
  const net = (await store.read<Net>('net')) ?? { fails: 0, next_at: 0 }
  const fails = net.fails + 1
  const wait = (reason.retryAfter ?? backoff(fails)) * 1000
  if (reason.offline || reason.status === 429 || reason.status === 503) {
    await store.write('net', { ...net, fails, next_at: Date.now() + wait } satisfies Net)
    return reason.offline ? 'offline' : 'later'
  }
  if (reason.status === 413 && batch.length > 1) {
    await store.write('net', { ...net, limit: Math.ceil(batch.length / 2) } satisfies Net)
    return 'again'
  }
  const bad = (net.bad ?? 0) + 1
  if (batch.length <= 1 || bad < BISECT_AFTER) {
    if (batch.length === 1 && (await blameless(store, device))) {
      await blame(store, batch[0]!, reason)
      return 'again'
    }
    await store.write('net', { ...net, fails, bad, next_at: Date.now() + wait } satisfies Net)
    return 'later'
  }
  await store.write('net', { fails: 0, next_at: 0, bad: BISECT_AFTER, limit: Math.ceil(batch.length / 2) } satisfies Net)
  return 'again'
}

/** True when the office answers an empty push: then it is the mutation that breaks it, not the office itself. */
async function blameless(store: Store, device: string): Promise<boolean> {
  try {
    const page = await ask(store, device, [])
    await applyPage(store, page)
    return true
  } catch {
    return false
  }
}

/** One mutation that fails by itself waits longer each time; the eighth time it is parked and reported, and the rest goes on. */
async function blame(store: Store, entry: Entry, reason: Problem): Promise<void> {
  const tries = entry.tries + 1
  const parked = tries >= PARK_AFTER
  await store.outbox.update(entry.n, { tries, problem: reason.body, st: parked ? 'parked' : 'queued', next_at: Date.now() + backoff(tries) * 1000 })
  if (!parked) return
  try {
    const { n, id, name, args, at } = entry
    await json('outbox/report', { method: 'POST', body: { n, id, name, at, args, error: { status: reason.status, ...reason.body } } })
  } catch {
    // The report is a courtesy; the mutation itself stays here.
  }
}

/** The next moment at which trying again makes sense, ms, or null when nothing waits. */
export async function nextTry(store: Store): Promise<number | null> {
  const net = await store.read<Net>('net')
  const entries = await store.outbox.where('st').anyOf('queued', 'sending').toArray()
  const blobs = await store.blob.where('st').equals('queued').toArray()
  const moments = [...entries, ...blobs].map((one) => one.next_at)
  if (!moments.length) return null
  return Math.max(Math.min(...moments), net?.next_at ?? 0)
}
