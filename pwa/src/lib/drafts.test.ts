// A form being written survives a killed tab, and a sent form never comes back as a draft.
import { expect, test, vi } from 'vitest'
import { autosave, loadDraft, saveDraft } from './drafts.ts'
import { enqueue } from './outbox.ts'
import { Store } from './db.ts'
import { signedIn } from './testing.ts'

test('what was typed is there in a new tab', async () => {
  const store = await signedIn()
  await saveDraft(store, 'visit/k1', { note: 'Trưng bày đủ', photos: ['p1'] })
  store.close()
  expect(await loadDraft(new Store(store.user), 'visit/k1')).toEqual({ note: 'Trưng bày đủ', photos: ['p1'] })
})

test('fast typing writes seldom, and the last word is kept', async () => {
  const store = await signedIn()
  let writes = 0
  store.draft.hook('creating', () => void writes++)
  store.draft.hook('updating', () => void writes++)
  const saver = autosave(store, 'k', 5)
  for (let i = 0; i < 50; i++) saver.keep({ note: String(i) })
  await saver.flush()
  expect(await loadDraft(store, 'k')).toEqual({ note: '49' })
  expect(writes).toBe(1)
})

test('a draft goes in the transaction that puts the form into the outbox, and stays gone', async () => {
  const store = await signedIn()
  const saver = autosave(store, 'visit/k1', 1)
  saver.keep({ note: 'a' })
  await saver.flush()
  saver.stop()
  await enqueue(store, { name: 'visit.log', root: 'k1', label: { key: 'x' }, args: { id: 'v1' }, draft: 'visit/k1' })
  saver.keep({ note: 'late' })
  await saver.flush()
  expect(await loadDraft(store, 'visit/k1')).toBeUndefined()
  expect(await store.outbox.count()).toBe(1)
})

test('words the store does not take any more go aside with the page, and are taken up from there', async () => {
  const page = new EventTarget()
  const kept = new Map<string, string>()
  vi.stubGlobal('sessionStorage', { getItem: (k: string) => kept.get(k) ?? null, setItem: (k: string, v: string) => void kept.set(k, v), removeItem: (k: string) => void kept.delete(k) })
  vi.stubGlobal('addEventListener', page.addEventListener.bind(page))
  vi.stubGlobal('removeEventListener', page.removeEventListener.bind(page))
  const store = await signedIn()
  const saver = autosave(store, 'k', 60_000)
  saver.keep({ note: 'first' })
  await saver.flush()
  page.dispatchEvent(new Event('pagehide'))
  expect(kept.size).toBe(0) // the store has them
  store.close()
  saver.keep({ note: 'last' })
  await expect(saver.flush()).rejects.toThrow()
  page.dispatchEvent(new Event('pagehide'))
  const again = new Store(store.user)
  expect(await loadDraft(again, 'k')).toEqual({ note: 'last' })
  expect(await loadDraft(again, 'k')).toEqual({ note: 'last' })
  expect(kept.size).toBe(0)
  saver.stop()
  page.dispatchEvent(new Event('pagehide'))
  expect(kept.size).toBe(0)
})
