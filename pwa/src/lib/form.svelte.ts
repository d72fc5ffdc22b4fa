// A form whose words survive a killed tab: `form.value` is what is being written, kept a quarter second after each change.
import { autosave, dropDraft, loadDraft } from './drafts.ts'
import { store } from './db.ts'

export interface Form<T> {
  /** What is being written; null until the former draft was looked for. */
  readonly value: T | null
  /** The form was taken up from a draft. */
  readonly resumed: boolean
  /** After it was sent: the draft is gone and stays gone. */
  sent(): void
  /** Begins anew, throwing the draft away. */
  restart(): Promise<void>
}

/** Call while a component starts. `fresh` makes an empty form. */
export function form<T extends object>(key: string, fresh: () => T): Form<T> {
  let value = $state<T | null>(null)
  let resumed = $state(false)
  let saver: ReturnType<typeof autosave> | null = null
  let untouched = ''

  void (async () => {
    const held = await store()
    const draft = await loadDraft<T>(held, key)
    saver = autosave(held, key)
    const begun = fresh()
    untouched = JSON.stringify({ ...begun, id: '', started_at: '', fix: null })
    resumed = draft !== undefined
    value = { ...begun, ...draft }
  })()
  $effect(() => {
    if (!value) return
    const words = $state.snapshot(value) as T
    // An untouched form is no draft.
    if (resumed || JSON.stringify({ ...words, id: '', started_at: '', fix: null }) !== untouched) saver?.keep(words)
  })
  $effect(() => () => void saver?.flush())

  return {
    get value() {
      return value
    },
    get resumed() {
      return resumed
    },
    sent() {
      saver?.stop()
    },
    async restart() {
      const held = await store()
      saver?.stop()
      await dropDraft(held, key)
      saver = autosave(held, key)
      resumed = false
      value = fresh()
    },
  }
}
