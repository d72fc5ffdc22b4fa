// The phone's own upload code in a process of its own: usage `node own_client.mjs`, settings as JSON on standard input.
// It bundles pwa/src/lib/tus.ts as it stands, gives it an IndexedDB in memory with the photo's record, sends what it can
// and prints the record as it was left, so that another process can go on with it.
import { createRequire } from 'node:module'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const { address, file, headers, jobs, modules, source, folder } = JSON.parse(readFileSync(0, 'utf8'))
const require = createRequire(modules + '/')
require('fake-indexeddb/auto')

const place = mkdtempSync(join(folder, 'own-client-'))
const { rolldown } = await import(pathToFileURL(require.resolve('rolldown')).href)
const bundle = await rolldown({
  input: 'entry', platform: 'node', logLevel: 'silent',
  plugins: [{
    name: 'entry',
    resolveId: (id) => (id === 'entry' ? id : null),
    load: (id) => (id === 'entry' ? `export * from ${JSON.stringify(join(source, 'tus.ts'))}; export { Store } from ${JSON.stringify(join(source, 'db.ts'))}; export { desk } from ${JSON.stringify(join(source, 'desk.ts'))}` : null),
  }],
})
await bundle.write({ file: join(place, 'client.mjs'), format: 'es' })
const { sendBytes, Store, desk, CHUNK_BYTES } = await import(pathToFileURL(join(place, 'client.mjs')).href)

const bytes = readFileSync(file)
const real = globalThis.fetch
const left = []
for (const { port, blob } of jobs) {
  globalThis.location = { href: `${address.replace(/:\d+$/, `:${port}`)}/` }
  globalThis.fetch = (path, init) => real(new URL(path, globalThis.location.href), { ...init, headers: { ...init.headers, ...headers } })
  await desk.write('session', { me: { id: 'me', csrf: headers['X-Tuyen-CSRF'] }, device: 'd', at: 0 })
  const store = new Store(`me-${blob.id}`)
  await store.blob.put({ ...blob, st: 'queued', data: new Uint8Array(bytes).buffer, next_at: 0 })
  let outcome = null
  for (let tries = 0; tries < 20; tries++) {
    outcome = await sendBytes(store)
    const now = await store.blob.get(blob.id)
    // A line that is dead stays dead in this process; an upload the office still believes to be written waits a moment.
    if (now.st !== 'queued' || outcome === 'offline') break
    await new Promise((resolve) => setTimeout(resolve, 200))
    await store.blob.update(blob.id, { next_at: 0 })
  }
  const { data, ...rest } = await store.blob.get(blob.id)
  left.push({ port, outcome, blob: rest })
  store.close()
}
rmSync(place, { recursive: true })
console.log(JSON.stringify({ left, chunk: CHUNK_BYTES }))
process.exit(0)
