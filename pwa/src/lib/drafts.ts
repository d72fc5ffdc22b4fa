// Forms that are being written survive a killed tab: every change is kept, and taken up when the form opens again.
import type { Store } from './db.ts'

/** Where words lie that a page could not put into the store any more before it went. */
const aside = (store: Store, key: string) => `draft:${store.user}:${key}`
const beside = (): Storage | undefined => globalThis.sessionStorage

/** What was being written under a key, or undefined. */
export async function loadDraft<T>(store: Store, key: string): Promise<T | undefined> {
  const last = beside()?.getItem(aside(store, key))
  if (last) {
    await saveDraft(store, key, JSON.parse(last))
    beside()?.removeItem(aside(store, key))
  }
  return (await store.draft.get(key))?.value as T | undefined
}

/** Keeps what is being written; later words replace earlier ones. */
export async function saveDraft(store: Store, key: string, value: unknown): Promise<void> {
  await store.draft.put({ key, value: JSON.parse(JSON.stringify(value)), at: Date.now() })
}

export async function dropDraft(store: Store, key: string): Promise<void> {
  await store.draft.delete(key)
}

/** Keeps a form's draft as it changes: at most one write per `ms`, the last word always written, also when the tab hides. */
export function autosave(store: Store, key: string, ms = 250): { keep: (value: unknown) => void; flush: () => Promise<void>; stop: () => void } {
  let timer: ReturnType<typeof setTimeout> | undefined
  let latest: { value: unknown } | null = null
  let stopped = false
  const flush = async () => {
    clearTimeout(timer)
    timer = undefined
    const words = latest
    latest = null
    if (!words || stopped) return
    await saveDraft(store, key, words.value).catch((reason: unknown) => {
      latest ??= words // the store is gone: they go aside with the page
      throw reason
    })
  }
  const hide = () => void flush()
  const gone = () => void (latest && !stopped && beside()?.setItem(aside(store, key), JSON.stringify(latest.value)))
  if (typeof document !== 'undefined') document.addEventListener('visibilitychange', hide)
  if (typeof addEventListener !== 'undefined') addEventListener('pagehide', gone)
  return {
    keep(value) {
      if (stopped) return
      latest = { value: JSON.parse(JSON.stringify(value)) }
      timer ??= setTimeout(hide, ms)
    },
    flush,
    /** After the form was sent: nothing may bring the draft back. */
    stop() {
      stopped = true
      clearTimeout(timer)
      if (typeof document !== 'undefined') document.removeEventListener('visibilitychange', hide)
      if (typeof removeEventListener !== 'undefined') removeEventListener('pagehide', gone)
    },
  }
}
