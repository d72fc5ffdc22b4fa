// The phone's own outbox, exchange and uploads in a process of their own, against a real server behind a bad line: usage
// `node own_phone.mjs`, settings as JSON on standard input. Enters so many operations, talks to the office in between as
// a phone does, works on (to `most` operations) while the line still has faults to come, goes on until nothing is left
// to send, and prints what was entered and what is left.
import { createRequire } from 'node:module'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const { address, headers, user, device, customers, item, photo, sha256, operations, most, seed, gives_up_ms, modules, source, folder, today } = JSON.parse(readFileSync(0, 'utf8'))
const require = createRequire(modules + '/')
require('fake-indexeddb/auto')

// The time limit of a request does not keep Node alive as it does a page: without this it ends without a word (13) when
// the line has let go of everything else. What is never settled at all is heard of by whoever waits for this process.
let doing = 'bundling'
setInterval(() => {}, 1_000)
process.on('SIGTERM', () => { console.error(`own_phone.mjs was ended while ${doing}`); process.exit(1) })

const place = mkdtempSync(join(folder, 'own-phone-'))
const { rolldown } = await import(pathToFileURL(require.resolve('rolldown')).href)
const all = { exchange: ['exchange'], outbox: ['enqueue', 'hurry', 'unsent'], db: ['Store'], desk: ['desk'], ids: ['newId'] }
const entry = Object.entries(all).map(([file, names]) => `export { ${names.join(', ')} } from ${JSON.stringify(join(source, `${file}.ts`))}`).join('; ')
const bundle = await rolldown({
  input: 'entry', platform: 'node', logLevel: 'silent',
  plugins: [{ name: 'entry', resolveId: (id) => (id === 'entry' ? id : null), load: (id) => (id === 'entry' ? entry : null) }],
})
await bundle.write({ file: join(place, 'phone.mjs'), format: 'es' })
const { exchange, enqueue, hurry, unsent, Store, desk, newId } = await import(pathToFileURL(join(place, 'phone.mjs')).href)

doing = 'opening the store'
// The phone waits a minute or two for an answer; nobody waits that long for a test.
const limit = AbortSignal.timeout.bind(AbortSignal)
// Under load Node 20 was seen to forget a timer that only AbortSignal.any() knows: so they are held.
const limits = []
AbortSignal.timeout = (ms) => {
  limits.push(limit(Math.min(ms, gives_up_ms)))
  return limits.at(-1)
}
const real = globalThis.fetch
globalThis.location = { href: `${address}/` }
globalThis.fetch = async (path, init) => {
  doing = `asking ${init.method} ${path}`
  const answer = await real(new URL(path, address), { ...init, headers: { ...init.headers, ...headers } })
  doing = `hearing ${init.method} ${path}: ${answer.status} ${JSON.stringify([...answer.headers])}`
  return answer
}

let state = seed
function draw() {
  state = (state + 0x6d2b79f5) | 0
  let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
}

await desk.write('session', { me: { id: user, csrf: headers['X-Tuyen-CSRF'] }, device, at: 0 })
const store = new Store(user)
const bytes = new Uint8Array(Buffer.from(photo, 'base64'))
const entered = { 'visit.log': [], 'expense.claim': [], 'order.place': [], 'attachment.add': [] }
const outcomes = {}

async function enter(left) {
  const id = newId()
  const root = customers[Math.floor(draw() * customers.length)]
  const dice = draw()
  const moment = new Date().toISOString()
  if (dice < 0.4) {
    const photos = []
    if (dice < 0.15 && left > 1) {
      const one = newId()
      await store.blob.put({ id: one, st: 'draft', owner_id: '', data: bytes.buffer, sha256, size: bytes.length, mime: 'image/jpeg', taken_at: moment, tries: 0, next_at: 0 })
      photos.push({ id: one, owner: 'visit' })
      entered['attachment.add'].push(one)
    }
    await enqueue(store, { name: 'visit.log', root, label: { key: 'outbox.visit' }, photos, args: { id, customer_id: root, purpose: 'sale', started_at: moment, note: 'x'.repeat(Math.floor(draw() * 400)) } })
    entered['visit.log'].push(id)
    return 1 + photos.length
  }
  if (dice < 0.6) {
    await enqueue(store, { name: 'expense.claim', root, label: { key: 'outbox.expense' }, args: { id, customer_id: root, category: 'parking', amount: '20000', currency: 'VND', spent_on: today } })
    entered['expense.claim'].push(id)
  } else {
    await enqueue(store, { name: 'order.place', root, label: { key: 'outbox.order' }, args: { id, customer_id: root, ordered_on: today, currency: 'VND', lines: [{ id: newId(), item_id: item, unit: 'hộp', qty: '1' }] } })
    entered['order.place'].push(id)
  }
  return 1
}

async function talk() {
  await hurry(store)
  doing = 'beginning an exchange'
  const outcome = await exchange(store)
  outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
  doing = 'working between exchanges'
}

/** How many faults the line has planned that nobody has met yet. */
const faults = async () => Number(await (await real(`${address}/faults`)).text())

let made = 0
while (made < operations) {
  made += await enter(operations - made)
  if (draw() < 0.2) await talk()
}
while (made < most && (await faults())) {
  made += await enter(most - made)
  await talk()
}
let rounds = 0
for (; rounds < 400; rounds++) {
  const { items, photos } = await unsent(store)
  if (!items && !photos) break
  await talk()
}
const left = { ...(await unsent(store)), parked: (await store.outbox.toArray()).map((one) => [one.name, one.st, one.problem]), blobs: (await store.blob.toArray()).filter((one) => one.st !== 'done').map((one) => [one.st, one.problem]) }
rmSync(place, { recursive: true })
console.log(JSON.stringify({ entered, left, outcomes, rounds }))
process.exit(0)
