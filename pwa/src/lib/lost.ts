// The browser's database goes away under an open app: iPhones end its server while the app sleeps, a full phone may refuse to
// open it, an older tab may hold it. Lost once, it is opened again; lost again, the page starts anew with what was being written.
import type Dexie from 'dexie'

/** Why the phone's store cannot be used: kept by another tab, no room, refused or broken. */
export type Trouble = 'held' | 'full' | 'refused'

/** Milliseconds without an answer after which the user is told; another tab that keeps the store gives no error at all. */
const PATIENCE = 5_000
/** A page that started anew for this reason does not do so again within this time, ms: that would never end. */
const ONCE_IN = 60_000
const GONE = /Indexed Database server lost|connection is closing|InvalidState/i

const words = (reason: unknown): string => {
  const { name = '', message = '', inner } = (reason ?? {}) as { name?: string; message?: string; inner?: unknown }
  return `${name} ${message} ${inner && inner !== reason ? words(inner) : ''}`
}

/** Whether an error says that the connection to the database died. */
export const isLost = (reason: unknown): boolean => GONE.test(words(reason))

/** What is wrong with a store that did not open. */
export const troubleOf = (reason: unknown): Trouble => (/Quota/i.test(words(reason)) ? 'full' : 'refused')

/** Opens a store and tells what stands in the way, also when nothing answers; null once it is open after all. */
export async function opening(store: Pick<Dexie, 'open'>, tell: (trouble: Trouble | null) => void, patience = PATIENCE): Promise<void> {
  const late = setTimeout(() => tell('held'), patience)
  try {
    await store.open()
    tell(null)
  } catch (reason) {
    tell(troubleOf(reason))
  } finally {
    clearTimeout(late)
  }
}

let reopened = false

/**
 * After an error that `isLost`: `again` when the store was closed and opened anew (ask once more), `reload` when the page
 * is starting anew, `broken` when neither helped.
 */
export async function recover(store: Pick<Dexie, 'open' | 'close'>, now = Date.now()): Promise<'again' | 'reload' | 'broken'> {
  if (!reopened) {
    reopened = true
    try {
      store.close({ disableAutoOpen: false })
      await store.open()
      return 'again'
    } catch {
      // the page it is
    }
  }
  if (Math.abs(now - Number(sessionStorage.getItem('lost') ?? 0)) < ONCE_IN) return 'broken'
  sessionStorage.setItem('lost', String(now))
  location.reload() // forms keep their words when the page goes (drafts.ts)
  return 'reload'
}
