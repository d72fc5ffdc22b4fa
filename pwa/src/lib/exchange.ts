// One conversation with the office: push what may go, take what came, until both sides are done; then the photo bytes.
// Runs in the worker and in the service worker, under the lock `sync`, so that one of them speaks at a time.
import { call, json, Problem, read } from './api.ts'
import { desk } from './desk.ts'
import { CHECK_EVERY, differing, digestOf } from './digest.ts'
import type { Entry, Store } from './db.ts'
import { ackedUpTo, backoff, due, PARK_AFTER, pick, PUSH_LIMIT, wire } from './outbox.ts'
import { applyPage, WHOLE, type Changed, type Page } from './pull.ts'
import { expire } from './session.ts'
import { sendBytes } from './tus.ts'

export const APP_VERSION = '0.1.0'
export const SCHEMA = 2
/** Rows a page: few round trips on a line that holds, little to do again on one that breaks. */
const PAGE_ROWS = { steady: 5000, broken: 1000 }
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
    if (net && !due(net.next_at, Date.now())) return 'later'
    let asking: Asking | null = null
    for (let round = 0; round < 500; round++) {
      const outcome: Outcome | Asking | null = await turn(store, session.device, listener, asking ?? (await question(store, session.device)))
      if (typeof outcome !== 'string') asking = outcome
      else if (outcome !== 'done') return outcome
      else return (await sendBytes(store)) ?? 'done'
    }
    return 'later'
  })
}

/** A question on its way to the office, and the mutations that ride in it. */
interface Asking {
  batch: Entry[]
  asked: number
  words: Words
  /** Where the page after this one begins, as soon as the head of the answer says so; null when it does not. */
  next: Promise<string | null>
  /** The page, and when it was here, ms. */
  answer: Promise<[Page, number]>
  /** The question for the page after this one, or null when there is none to ask yet. */
  ahead?: Promise<Asking | null>
}

/** What a question says besides its mutations. */
interface Words {
  cursor: string | null
  acked: number
  skew: number
  limit: number
  digest?: boolean
}

const words = async (store: Store): Promise<Words> => ({
  cursor: (await store.read<string>('cursor')) ?? null,
  acked: await ackedUpTo(store),
  skew: (await store.read<number>('skew')) ?? 0,
  limit: (await store.read<Net>('net'))?.fails ? PAGE_ROWS.broken : PAGE_ROWS.steady,
})

/** Asks with everything that may be sent now. */
async function question(store: Store, device: string): Promise<Asking> {
  const net = await store.read<Net>('net')
  const batch = pick(await store.outbox.orderBy('n').toArray(), Date.now(), net?.limit ?? PUSH_LIMIT)
  if (batch.length) await store.outbox.where('n').anyOf(batch.map((entry) => entry.n)).modify({ st: 'sending' })
  return put(device, batch, await words(store))
}

/** Asks without a look at the store, which may be busy with the page before. */
function put(device: string, batch: Entry[], said: Words): Asking {
  let tell!: (cursor: string | null) => void
  const next = new Promise<string | null>((resolve) => (tell = resolve))
  const answer = ask(device, batch, said, tell).then((page): [Page, number] => [page, Date.now()])
  answer.then(() => tell(null), () => tell(null)) // a refusal is heard when its turn comes, or never when the page before it could not be kept
  return { batch, asked: Date.now(), words: said, next, answer }
}

/**
 * Asks for the page after this one as soon as it is known where that begins, unless something was sent or waits to be:
 * that rides in a question of its own.
 */
function follow(store: Store, device: string, asking: Asking): Promise<Asking | null> {
  const ask = async (cursor: string | null) => (cursor && !asking.batch.length && !(await sendable(store)).length ? put(device, [], { ...asking.words, cursor }) : null)
  return (asking.ahead ??= asking.next.then(ask).catch(() => null)) // a store that broke says so to whoever keeps the page
}

/** Hears one answer and keeps it. Gives what came of it, the next question if it is already asked, or null to ask it. */
async function turn(store: Store, device: string, listener: Listener, asking: Asking): Promise<Outcome | Asking | null> {
  const { batch, asked, answer } = asking
  // Two pages may be on their way while this one is still coming and being written, so that the line is never idle.
  const coming = follow(store, device, asking)
  void coming.then((one) => one && follow(store, device, one))
  let page: Page
  let answered: number
  try {
    [page, answered] = await answer
  } catch (reason) {
    return failed(store, device, batch, reason)
  }
  const changed = await applyPage(store, page, batch, answered)
  listener.changed?.(changed)
  await store.write('skew', new Date(page.now).getTime() - (asked + answered) / 2)
  if (page.poll_s) await store.write('poll_s', page.poll_s)
  await store.write('min_schema', page.min_schema ?? 0)
  const net = await store.read<Net>('net')
  if (batch.length || !net?.limit) await store.meta.delete('net')
  if (net?.limit && batch.length === net.limit) await store.write('net', { fails: 0, next_at: 0, bad: 0, limit: net.limit * 2 } satisfies Net)
  if (page.digest && !(await agrees(store, device, page.digest))) return null
  const ahead = await coming
  if (ahead) return ahead
  if (page.more || (await sendable(store)).length) return null
  return page.cursor && (await checkDue(store, answered)) ? put(device, [], { ...(await words(store)), digest: true }) : 'done'
}

const sendable = async (store: Store): Promise<Entry[]> => pick(await store.outbox.orderBy('n').toArray(), Date.now())

/** Whether the office is to be asked for its figures. What was just fetched whole needs no check for a day. */
async function checkDue(store: Store, now: number): Promise<boolean> {
  const last = await store.read<number>('checked_at')
  if (last !== undefined && Math.abs(now - last) < CHECK_EVERY) return false
  await store.write('checked_at', now)
  return last !== undefined
}

/** Compares with the office's figures. What differs is reported, and all rows are fetched anew; the outbox stays as it is. */
async function agrees(store: Store, device: string, office: NonNullable<Page['digest']>): Promise<boolean> {
  const own = await digestOf(store)
  const tables = differing(own, office, WHOLE)
  if (!tables.length) return true
  const only = (all: typeof own) => Object.fromEntries(tables.map((t) => [t, all[t] ?? [0, 0]]))
  await store.meta.delete('cursor')
  await json('outbox/report', { method: 'POST', body: { kind: 'digest', device, app: APP_VERSION, own: only(own), office: only(office) } }).catch(() => undefined) // a courtesy
  return false
}

/** The office says where the page after this one begins before it says what is on this one. */
const HEAD = /^\{[^[\]]*"cursor":"([\w-]+)","more":true/
const LONGEST_HEAD = 20_000

async function ask(device: string, batch: Entry[], { cursor, acked, skew, limit, digest = false }: Words, tell?: (cursor: string | null) => void): Promise<Page> {
  const body = { v: 1, device, app: APP_VERSION, schema: SCHEMA, acked, push: batch.map((entry) => wire(entry, skew)), pull: { cursor, limit, digest } }
  const page = await read(whole((await call('sync', { method: 'POST', timeout: 60_000, body })).body!, tell))
  // Whatever this phone held before it asked for everything is not a part of what comes.
  return cursor === null && page.cursor ? { ...page, reset: true } : page
}

/** Reads an answer to its end, telling what its head says on the way. */
async function whole(stream: ReadableStream<Uint8Array>, tell?: (cursor: string | null) => void): Promise<Page> {
  const reader = stream.getReader()
  const decoder = new TextDecoder()
  let text = ''
  for (let heard = false, piece = await reader.read(); !piece.done; piece = await reader.read()) {
    text += decoder.decode(piece.value, { stream: true })
    if (heard) continue
    const next = HEAD.exec(text)?.[1]
    heard = !!next || text.length > LONGEST_HEAD
    if (heard) tell?.(next ?? null)
  }
  return JSON.parse(text + decoder.decode()) as Page
}

/** Decides what a failed request means. Whatever it means, nothing leaves the outbox. */
async function failed(store: Store, device: string, batch: Entry[], reason: unknown): Promise<Outcome | null> {
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
    return null
  }
  const bad = (net.bad ?? 0) + 1
  if (batch.length <= 1 || bad < BISECT_AFTER) {
    if (batch.length === 1 && (await blameless(store, device))) {
      await blame(store, batch[0]!, reason)
      return null
    }
    await store.write('net', { ...net, fails, bad, next_at: Date.now() + wait } satisfies Net)
    return 'later'
  }
  await store.write('net', { fails: 0, next_at: 0, bad: BISECT_AFTER, limit: Math.ceil(batch.length / 2) } satisfies Net)
  return null
}

/** True when the office answers an empty push: then it is the mutation that breaks it, not the office itself. */
async function blameless(store: Store, device: string): Promise<boolean> {
  try {
    const page = await ask(device, [], await words(store))
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
  const from = (moment: number) => (due(moment, Date.now()) ? 0 : moment)
  const moments = [...entries, ...blobs].map((one) => from(one.next_at))
  if (!moments.length) return null
  return Math.max(Math.min(...moments), from(net?.next_at ?? 0))
}
