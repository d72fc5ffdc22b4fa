// A database query that a template follows: it runs again whenever the rows it read change, in this tab or another.
import { liveQuery } from 'dexie'
import { mended } from './app.svelte.ts'

/** `deps` is read by Svelte, `query` by Dexie: put every `$state` you need into `deps`. */
export function live<D, T>(deps: () => D, query: (deps: D) => Promise<T>, initial: T): { readonly value: T } {
  let value = $state.raw(initial)
  let tries = $state(0)
  $effect(() => {
    void tries
    const now = deps()
    // An async function by type, not only by what it returns: else Dexie loses sight of what is read after an await.
    const subscription = liveQuery(async () => query(now)).subscribe({
      next: (found) => {
        value = found
      },
      error: (reason) => {
        console.warn('a live query stopped', reason)
        void mended(reason).then((again) => { if (again) tries++ })
      },
    })
    return () => subscription.unsubscribe()
  })
  return {
    get value() {
      return value
    },
  }
}
