// Edits carry what was seen, conflicts come to the person who lost, and answers and mended things go as new mutations.
import { expect, test } from 'vitest'
import { mainAddress } from './customers.ts'
import type { Store } from './db.ts'
import { changesOf, editAddress, editExpense, editVisit, mayEditExpense, mayEditVisit, presentValue, saveContact, settleConflict } from './editing.ts'
import { logVisit, pinAddress } from './entering.ts'
import { exchange } from './exchange.ts'
import { newId } from './ids.ts'
import { acceptShown, again, dropRefused, faultyField, photoAgain, pricedOrder, wordsOf } from './mending.ts'
import { discard, enqueue, unsent } from './outbox.ts'
import { applyPage } from './pull.ts'
import type { ConflictRow, ExpenseRow, OrderRow, VisitRow } from './rows.ts'
import { office, signedIn } from './testing.ts'
import { customer, history } from './views.ts'

const AT = '2026-11-22T01:00:00.000Z'

/** A phone that holds one customer with everything that can be edited. */
async function held(): Promise<{ store: Store; there: ReturnType<typeof office> }> {
  const store = await signedIn()
  const there = office()
  const up = [
    { t: 'customer', cols: ['_v', '_r', 'id', 'code', 'name', 'stage', 'status', 'phone', 'tax_no', 'group_ids', 'position_id', 'currency', 'note', 'planned_weekday', 'last_visit_at', 'last_order_at'], v: [[3], ['k1'], ['k1'], ['KH-1'], ['Quán A'], ['account'], ['active'], ['0901'], [null], [[]], [3], ['VND'], ['cũ'], [null], [null], [null]] },
    { t: 'address', cols: ['_v', '_r', 'id', 'customer_id', 'kind', 'text', 'lat', 'lon', 'accuracy_m', 'grade', 'is_default', 'version_id'], v: [[2], ['k1'], ['a1'], ['k1'], ['ship'], ['12 Lê Lợi'], [10.5], [106.5], [900], ['ward'], [true], [null]] },
    { t: 'contact', cols: ['_v', '_r', 'id', 'customer_id', 'name', 'phone', 'email', 'role'], v: [[4], ['k1'], ['c1'], ['k1'], ['Hoa'], ['0903'], [null], [null]] },
    { t: 'visit', cols: ['_v', '_r', 'id', 'customer_id', 'user_id', 'purpose', 'started_at', 'note', 'outcome', 'next_on'], v: [[1], ['k1'], ['v1'], ['k1'], [store.user], ['sale'], [AT], ['gặp Hoa'], [null], [null]] },
    { t: 'expense', cols: ['_v', '_r', 'id', 'customer_id', 'user_id', 'category', 'amount', 'currency', 'vat', 'spent_on', 'note', 'state'], v: [[1], ['k1'], ['e1'], ['k1'], [store.user], ['parking'], ['20000'], ['VND'], [null], ['2026-11-22'], [null], ['submitted']] },
  ]
  await applyPage(store, { v: 1, now: AT, up, cursor: 'c0', more: false })
  return { store, there }
}
const conflict = (id: string, user: string, more: Partial<ConflictRow> = {}) => ({ t: 'conflict', cols: ['_v', '_r', 'id', 'entity', 'entity_id', 'customer_id', 'field', 'base_value', 'kept_value', 'lost_value', 'lost_by', 'lost_at', 'choice', 'settled_by', 'settled_at'], v: [[1], ['k1'], [id], [more.entity ?? 'customer'], [more.entity_id ?? 'k1'], ['k1'], [more.field ?? 'name'], ['A'], ['Quán A'], [more.lost_value ?? 'Quán Lan'], [user], [AT], [more.choice ?? null], [null], [null]] })
const sent = (there: ReturnType<typeof office>, name: string) => there.asked.flatMap((one) => one.push).filter((one) => one.name === name) as { args: Record<string, unknown>; base?: { ver: number; values: Record<string, unknown> } }[]

test('only what differs is sent, with what was seen of it, and shows at once', async () => {
  const { store, there } = await held()
  const [visit] = await history(store, 'visit', 'k1')
  expect(await editVisit(store, visit!, { purpose: 'sale', note: 'gặp Hoa', outcome: '', next_on: '' }, 'Quán A')).toBe(false)
  expect(await editVisit(store, visit!, { purpose: 'sale', note: 'gặp anh Hoa', outcome: 'ordered', next_on: '' }, 'Quán A')).toBe(true)
  expect((await history(store, 'visit', 'k1'))[0]).toMatchObject({ note: 'gặp anh Hoa', outcome: 'ordered', purpose: 'sale', _pending: true })
  const [expense] = await history(store, 'expense', 'k1')
  await editExpense(store, expense!, { category: 'parking', amount: '25000', vat: '', spent_on: '2026-11-22', note: '' }, '')
  const doc = (await customer(store, 'k1'))!
  await editAddress(store, doc, doc.addresses[0]!, { text: '14 Lê Lợi' })
  await saveContact(store, doc, doc.contacts[0]!, 'c1', { name: 'Hoa', phone: '0904', email: '', role: 'chủ' })
  await saveContact(store, doc, null, newId(), { name: 'Tư', phone: '', email: '', role: '' })
  await pinAddress(store, doc, mainAddress(doc.addresses)!, { lat: 10.7, lon: 106.7, accuracy_m: 9 }, 'rep_fix')
  expect(await exchange(store)).toBe('done')
  const [edit] = sent(there, 'visit.edit')
  expect(edit).toMatchObject({ args: { id: 'v1', changes: { note: 'gặp anh Hoa', outcome: 'ordered' } }, base: { ver: 1, values: { note: 'gặp Hoa', outcome: null } } })
  expect(Object.keys(edit!.args.changes as object)).toEqual(['note', 'outcome'])
  expect(sent(there, 'expense.edit')[0]).toMatchObject({ args: { changes: { amount: '25000' } }, base: { values: { amount: '20000' } } })
  expect(sent(there, 'address.edit')[0]).toMatchObject({ args: { id: 'a1', changes: { text: '14 Lê Lợi' } }, base: { ver: 2, values: { text: '12 Lê Lợi' } } })
  const contacts = sent(there, 'contact.save')
  expect(contacts[0]).toMatchObject({ args: { id: 'c1', name: 'Hoa', phone: '0904', role: 'chủ' }, base: { ver: 4, values: { name: 'Hoa', phone: '0903', email: null, role: null } } })
  expect(contacts[1]!.base).toBeUndefined()
  expect(sent(there, 'address.pin')[0]!.base).toEqual({ ver: 2, values: { lat: 10.5, lon: 106.5 } })
})

test('nothing and the empty string are the same, and a list is compared by what is in it', () => {
  expect(changesOf({ a: null, b: 'x', c: ['1'] }, { a: '', b: 'x', c: ['1'] })).toEqual({})
  expect(changesOf({ a: 'x', b: null, c: ['1'] }, { a: '', b: 'y', c: ['2'] })).toEqual({ a: null, b: 'y', c: ['2'] })
})

test('one edits one’s own visits for a day and one’s own expenses until they are decided on', () => {
  const visit = { user_id: 'me', started_at: AT } as VisitRow
  const hour = 3_600_000
  expect(mayEditVisit(visit, 'me', Date.parse(AT) + 23 * hour)).toBe(true)
  expect(mayEditVisit(visit, 'me', Date.parse(AT) + 25 * hour)).toBe(false)
  expect(mayEditVisit(visit, 'other', Date.parse(AT))).toBe(false)
  expect(['draft', 'submitted', 'approved', 'rejected', 'paid'].filter((state) => mayEditExpense({ user_id: 'me', state } as ExpenseRow, 'me'))).toEqual(['draft', 'submitted'])
})

test('an edit of something this phone made waits behind its making, and behind nothing else', async () => {
  const { store, there } = await held()
  const doc = (await customer(store, 'k1'))!
  const id = newId()
  await logVisit(store, doc, { id, purpose: 'sale', started_at: AT, fix: null, far_reason: '', note: 'a', outcome: '', next_step: '', next_on: '', photos: [] }, store.user)
  const made = (await history(store, 'visit', 'k1')).find((one) => one.id === id)!
  await editVisit(store, made, { note: 'b' }, '')
  there.refuse.add('visit.log')
  await exchange(store)
  expect((await store.outbox.orderBy('n').toArray()).map((one) => [one.name, one.st])).toEqual([['visit.log', 'rejected'], ['visit.edit', 'blocked']])
})

test('a refused change of a customer holds back nothing that is done there afterwards', async () => {
  const { store, there } = await held()
  const doc = (await customer(store, 'k1'))!
  there.refuse.add('customer.update')
  await enqueue(store, { name: 'customer.update', root: 'k1', args: { id: 'k1', changes: { phone: 'x' } }, base: { ver: 3, values: { phone: '0901' } }, label: { key: 'outbox.customer' } })
  await exchange(store)
  await logVisit(store, doc, { id: newId(), purpose: 'sale', started_at: AT, fix: null, far_reason: '', note: 'a', outcome: '', next_step: '', next_on: '', photos: [] }, store.user)
  expect(await exchange(store)).toBe('done')
  expect((await store.outbox.toArray()).map((one) => [one.name, one.st])).toEqual([['customer.update', 'rejected']])
  expect(sent(there, 'visit.log')).toHaveLength(1)
})

test('a value of mine that lost asks for me, one of a colleague’s does not, and both leave with their customer', async () => {
  const { store } = await held()
  await applyPage(store, { v: 1, now: AT, up: [conflict('x1', store.user), conflict('x2', 'somebody')], cursor: 'c1', more: false })
  expect((await store.attention.toArray()).map((one) => [one.id, one.kind, one.root, one.data.field])).toEqual([['x1', 'conflict', 'k1', 'name']])
  expect((await unsent(store)).attention).toBe(1)
  expect(await history(store, 'conflict', 'k1')).toHaveLength(2)
  await applyPage(store, { v: 1, now: AT, drop: ['k1'], cursor: 'c2', more: false })
  expect([await store.attention.count(), (await history(store, 'conflict', 'k1')).length]).toEqual([0, 0])
})

test('an answer shows at once, goes as a mutation of its own, and the question is gone when the office says so', async () => {
  const { store, there } = await held()
  await applyPage(store, { v: 1, now: AT, up: [conflict('x1', store.user)], cursor: 'c1', more: false })
  const [row] = await history(store, 'conflict', 'k1')
  const seen = presentValue(row!, (await customer(store, 'k1'))!.row!)
  expect(seen).toBe('Quán A')
  await settleConflict(store, row!, 'k1', 'mine', seen)
  expect((await customer(store, 'k1'))!.row!.name).toBe('Quán Lan')
  expect((await history(store, 'conflict', 'k1'))[0]!.choice).toBe('mine')
  expect((await unsent(store)).attention).toBe(0)
  there.page = () => ({ up: [conflict('x1', store.user, { choice: 'mine' })] })
  expect(await exchange(store)).toBe('done')
  expect(sent(there, 'conflict.settle')[0]!.args).toEqual({ id: 'x1', choice: 'mine', seen: 'Quán A' })
  expect(await store.attention.count()).toBe(0)
})

test('an answer that was refused and taken back leaves the question standing', async () => {
  const { store, there } = await held()
  await applyPage(store, { v: 1, now: AT, up: [conflict('x1', store.user)], cursor: 'c1', more: false })
  there.refuse.add('conflict.settle')
  const [row] = await history(store, 'conflict', 'k1')
  await settleConflict(store, row!, 'k1', 'other', 'Quán A', 'Z')
  await exchange(store)
  const [entry] = await store.outbox.where('st').equals('rejected').toArray()
  expect(wordsOf(entry!)).toEqual({ value: 'Z' })
  await discard(store, entry!.n, 'không chọn nữa')
  expect((await unsent(store)).attention).toBe(1)
})

test('an answer to a price that changed once more is asked again of the order that is shown', async () => {
  const { store, there } = await held()
  const order = { id: 'o1', _v: 7, customer_id: 'k1', user_id: store.user, state: 'on_hold', total: '120000', version: 7, holds: [{ kind: 'price', code: 'OLD_PRICE', numbers: {} }], placed_at: AT, number: 'SO-1' }
  const [n] = await enqueue(store, { name: 'order.accept_price', root: 'k1', args: { id: 'o1', expected_version: 5 }, label: { key: 'orders.outbox-price' } })
  await store.outbox.update(n!, { st: 'conflict', problem: { type: 'urn:tuyen:problem:stale-version', current: 7 } as never })
  await applyPage(store, { v: 1, now: AT, up: [{ t: 'order', cols: [...Object.keys(order), '_r'], v: [...Object.values(order).map((value) => [value]), ['k1']] }], cursor: 'c1', more: false })
  const entry = (await store.outbox.get(n!))!
  const shown = (await pricedOrder(store, entry))!
  expect(shown.total).toBe('120000')
  await acceptShown(store, entry, shown as OrderRow)
  await exchange(store)
  expect(sent(there, 'order.accept_price').map((one) => one.args)).toEqual([{ id: 'o1', expected_version: 7 }])
  expect(sent(there, 'outbox.withdraw')[0]!.args).toMatchObject({ reason: 'mended' })
})

test('words that were refused are corrected where they stand, and the refusal names the field', async () => {
  const { store, there } = await held()
  const [n] = await enqueue(store, { name: 'customer.update', root: 'k1', args: { id: 'k1', changes: { phone: '12', planned_weekday: 3 } }, base: { ver: 3, values: { phone: '0901', planned_weekday: null } }, label: { key: 'outbox.customer' } })
  await store.outbox.update(n!, { st: 'rejected', problem: { type: 'urn:tuyen:problem:phone-wrong', pointer: '/changes/phone' } as never })
  const entry = (await store.outbox.get(n!))!
  expect([wordsOf(entry), faultyField(entry)]).toEqual([{ phone: '12' }, 'phone'])
  await again(store, entry, { phone: ' 0909111222 ' })
  await exchange(store)
  expect(sent(there, 'customer.update')[0]).toMatchObject({ args: { changes: { phone: '0909111222', planned_weekday: 3 } }, base: { ver: 3 } })
})

test('a photo the office refused needs the user, who sends it again or drops it with a reason', async () => {
  const { store } = await held()
  const blob = (id: string) => ({ id, st: 'refused' as const, owner_id: 'v1', data: new ArrayBuffer(4), sha256: 'a', size: 4, mime: 'image/jpeg', taken_at: AT, tries: 3, next_at: 9, url: '/api/v1/files/u', problem: { title: 'broken' } })
  await store.blob.bulkPut([blob('p1'), blob('p2')])
  expect(await unsent(store)).toEqual({ items: 0, photos: 2, attention: 2 })
  await photoAgain(store, 'p1')
  expect(await store.blob.get('p1')).toMatchObject({ st: 'queued', tries: 0, next_at: 0, url: null })
  await dropRefused(store, 'p2', 'ảnh hỏng')
  expect(await store.blob.get('p2')).toBeUndefined()
  expect((await store.journal.toArray())[0]).toMatchObject({ name: 'attachment.dropped', result: { reason: 'ảnh hỏng' } })
  await dropRefused(store, 'p1', 'x')
  expect(await store.blob.get('p1'), 'only what was refused may go').toBeDefined()
})
