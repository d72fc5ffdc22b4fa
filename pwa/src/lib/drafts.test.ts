// A form being written survives a killed tab, and a sent form never comes back as a draft.
import { expect, test } from 'vitest'
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
