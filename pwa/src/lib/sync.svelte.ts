// When to talk to the office: after something was entered, when the network or the screen comes back, when the office
// says there is news, and every few minutes. What the chip says comes from here.
import { liveQuery } from 'dexie'
import { app, mended } from './app.svelte.ts'
import { API } from './api.ts'
import { data, stopData } from './data.ts'
import { store } from './db.ts'
import type { Net, Outcome } from './exchange.ts'
import { nextTry } from './exchange.ts'
import { isLost } from './lost.ts'
import { unsent, type Unsent } from './outbox.ts'

interface Status extends Unsent {
  running: boolean
  /** When the phone last agreed with the office, ms. */
  synced_at: number | null
  progress: [number, number] | null
  /** The first copy is complete. */
  ready: boolean
  outcome: Outcome | null
}

const state = $state<Status>({ items: 0, photos: 0, attention: 0, running: false, synced_at: null, progress: null, ready: false, outcome: null })
export const sync: Readonly<Status> = state

let timer: ReturnType<typeof setTimeout> | undefined
let again = false
const DEBOUNCE_MS = 1000
const POLL_MS = 300_000

/** Asks for a sync soon; many calls make one. */
export function kick(delay = 0): void {
  if (!app.session) return
  clearTimeout(timer)
  timer = setTimeout(() => void run(), delay)
}

/** Something was put into the outbox: sent a second later, and by the service worker if the page is gone by then. */
export function entered(): void {
  void askBackground()
  kick(DEBOUNCE_MS)
}

async function askBackground(): Promise<void> {
  try {
    const registration = (await navigator.serviceWorker?.getRegistration()) as (ServiceWorkerRegistration & { sync?: { register(tag: string): Promise<void> } }) | undefined
    await registration?.sync?.register('outbox')
  } catch {
    // Not every browser has it: coming back to the app sends as well.
  }
}

async function run(): Promise<void> {
  if (state.running) {
    again = true
    return
  }
  state.running = true
  try {
    state.outcome = await data().sync()
    // Once the work is safe: the tables addresses are read with, for whoever may note one down without a network.
    // A line that dies on the way is no news: the next round asks again.
    if (state.outcome === 'done') void import('./address/tables.ts').then(({ keepUnits }) => keepUnits()).catch(() => undefined)
    // Once in the life of a store: had this phone another one before?
    if (state.outcome === 'done') void lookBack()
    if (state.outcome === 'wipe') await (await import('./leaving.ts')).wipe()
  } catch (reason) {
    console.warn('sync stopped', reason)
    state.outcome = 'later'
    if (isLost(reason)) {
      stopData() // a new worker has a connection of its own
      void mended(reason)
    }
  } finally {
    state.running = false
  }
  if (again) {
    again = false
    return kick()
  }
  const held = await store().catch(() => null)
  if (!held) return
  // After a failure the network is tried again also when nothing waits: what the chip says must not outlive the outage.
  const next = (await nextTry(held)) ?? (await held.read<Net>('net'))?.next_at ?? null
  const poll = ((await held.read<number>('poll_s')) ?? POLL_MS / 1000) * 1000
  kick(Math.max(1000, Math.min(poll, next === null ? poll : next - Date.now())))
}

async function lookBack(): Promise<void> {
  try {
    const held = await store()
    if (app.session && !(await held.read<boolean>('looked-back'))) await (await import('./cleared.ts')).lookBack(held, app.session.device)
  } catch {
    // no network: asked again after the next sync
  }
}

/** Starts listening; returns how to stop. Call once somebody is signed in. */
export function startSync(): () => void {
  const ends: (() => void)[] = []
  const on = (target: EventTarget, name: string, act: () => void) => {
    target.addEventListener(name, act)
    ends.push(() => target.removeEventListener(name, act))
  }
  let hearing: EventSource | null = null
  const listen = () => {
    if (document.visibilityState !== 'visible') {
      hearing?.close()
      hearing = null
    } else if (!hearing && navigator.onLine) {
      hearing = new EventSource(`${API}/live`)
      // Spread over time, so that a change for all does not bring all phones at one moment.
      hearing.addEventListener('pull', () => kick(300 + Math.random() * 1700))
      hearing.addEventListener('error', () => {
        if (hearing?.readyState === EventSource.CLOSED) hearing = null
      })
    }
  }
  const back = () => {
    listen()
    if (document.visibilityState === 'visible') void freed().then(() => kick())
  }
  on(window, 'online', back)
  on(window, 'pageshow', back)
  on(document, 'visibilitychange', back)
  navigator.serviceWorker?.addEventListener('message', onWorker)
  ends.push(() => navigator.serviceWorker?.removeEventListener('message', onWorker))
  listen()
  const subscription = liveQuery(status).subscribe({ next: (found) => Object.assign(state, found), error: (reason) => console.warn('sync status stopped', reason) })
  void freed().then(() => kick())
  return () => {
    for (const end of ends) end()
    hearing?.close()
    subscription.unsubscribe()
    clearTimeout(timer)
  }
}

function onWorker(event: MessageEvent): void {
  if ((event.data as { type?: string } | null)?.type === 'pull') kick()
}

/** A network that came back makes waiting for the former one's failures pointless. */
async function freed(): Promise<void> {
  const held = await store().catch(() => null)
  const net = await held?.read<{ fails: number; next_at: number; bad?: number }>('net')
  if (held && net && !net.bad) await held.meta.delete('net')
}

async function status(): Promise<Partial<Status>> {
  const held = await store()
  const [waiting, synced_at, progress, ready] = await Promise.all([unsent(held), held.read<number>('synced_at'), held.read<[number, number] | null>('progress'), held.read<boolean>('ready')])
  return { ...waiting, synced_at: synced_at ?? null, progress: progress ?? null, ready: ready ?? false }
}
