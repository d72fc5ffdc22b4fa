// The phone and the office hash a line of operations alike, and the line survives whatever a person does to the outbox.
import { expect, test } from 'vitest'
import cases from '../../../tests/cases/chain.json'
import { dayCode, link } from './chain.ts'
import { exchange } from './exchange.ts'
import { newId } from './ids.ts'
import { discard, enqueue, mend } from './outbox.ts'
import { office, signedIn } from './testing.ts'

const visit = (note: string, id = newId()) => ({ name: 'visit.log', root: 'r1', label: { key: 'outbox.visit' }, args: { id, customer_id: 'r1', note } })

test.each(cases.links)('a link is the hash both sides agree on: $name', async (one) => {
  expect(await link(one.prev, one.n, one.id, one.name, one.args)).toBe(one.chain)
})

test.each(cases.codes)('the code of a day is the one both sides agree on: $code', async ({ ids, code }) => {
  expect(await dayCode(ids)).toBe(code)
  expect(await dayCode([...ids].reverse())).toBe(code)
})

test('every operation handed in carries the hash of itself and of the one before', async () => {
  const store = await signedIn()
  const there = office()
  await Promise.all([enqueue(store, [visit('Đã gặp'), visit('hẹn lại')]), enqueue(store, visit('"trích" \u2028 \\'))])
  await exchange(store)
  const sent = there.asked.flatMap((one) => one.push)
  expect(sent).toHaveLength(3)
  let prev = ''
  for (const one of sent) {
    expect(one.prev).toBe(prev)
    expect(one.chain).toBe(await link(prev, one.n, one.id, one.name, JSON.stringify(one.args)))
    prev = one.chain!
  }
})

test('what is mended goes to the end of the line, and the office is told which numbers will not come', async () => {
  const store = await signedIn()
  const there = office()
  const first = visit('sai')
  await enqueue(store, first)
  there.refuse.add(first.args.id)
  await exchange(store)
  there.refuse.clear()
  const [refused] = await store.outbox.toArray()
  await mend(store, refused!.n, { ...refused!.args, note: 'đúng' })
  await exchange(store)
  const told = there.asked.flatMap((one) => one.push).find((one) => one.name === 'outbox.withdraw')
  expect(told?.args).toMatchObject({ reason: 'mended', what: [{ n: refused!.n, id: refused!.id, name: 'visit.log' }] })
  expect(await store.outbox.count()).toBe(0)
})

test('what is dropped is told with the reason the person gave', async () => {
  const store = await signedIn()
  const there = office()
  const [n] = await enqueue(store, visit('thử'))
  await discard(store, n!, 'ghi nhầm khách')
  await exchange(store)
  const sent = there.asked.flatMap((one) => one.push)
  expect(sent.map((one) => one.name)).toEqual(['outbox.withdraw'])
  expect(sent[0]!.args).toMatchObject({ reason: 'ghi nhầm khách', what: [{ n, name: 'visit.log' }] })
})
