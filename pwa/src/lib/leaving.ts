// Leaving a phone clean. Logging out is refused while something is unsent, unless the user says how many things to lose.
import Dexie from 'dexie'
import { call } from './api.ts'
import { closeStore, store } from './db.ts'
import { stopData } from './data.ts'
import { desk } from './desk.ts'
import { unsent } from './outbox.ts'
import { closeSession } from './session.ts'

export class Unsent extends Error {
  readonly count: number
  constructor(count: number) {
    super(`${count} unsent`)
    this.count = count
  }
}

/** How many things would be lost by leaving now: entries, photos, and forms being written. */
export async function wouldLose(): Promise<number> {
  const held = await store()
  const waiting = await unsent(held)
  return waiting.items + waiting.photos + (await held.draft.count())
}

/** Logs out and leaves nothing of the user on the phone. Throws `Unsent` unless `discard` is the exact number that waits. */
export async function leave(discard = 0): Promise<void> {
  const count = await wouldLose()
  if (count !== discard) throw new Unsent(count)
  await wipe()
}

/** Removes the user's data, caches and push subscription; the office is told if it can be. */
export async function wipe(): Promise<void> {
  const session = await desk.session()
  try {
    const registration = await navigator.serviceWorker?.getRegistration()
    await (await registration?.pushManager?.getSubscription())?.unsubscribe()
  } catch {
    // no push here
  }
  try {
    // Shuts this install out, its session with it.
    if (session) await call(`devices/${session.device}`, { method: 'DELETE', timeout: 8000 })
    await desk.erase('session')
  } catch {
    await closeSession()
  }
  // The office may have shut this install out; the next login is another one.
  const { [session?.me.login ?? '']: _, ...others } = (await desk.read<Record<string, string>>('devices')) ?? {}
  await desk.write('devices', others)
  stopData()
  closeStore()
  if (session) await Dexie.delete(`fs_${session.me.id}`)
  sessionStorage.clear()
  // The app's own files hold nothing of anybody; other caches might.
  for (const name of (await globalThis.caches?.keys()) ?? []) if (!name.includes('precache')) await caches.delete(name)
  location.hash = '#/'
  location.reload()
}
