// Measures the build against its budgets (brotli 11, KB = 1024 B) and fails when one is exceeded.
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync } from 'node:zlib'

const root = join(import.meta.dirname, '../static')
const manifest = JSON.parse(readFileSync(join(root, '.vite/manifest.json'), 'utf8'))
const size = (file) => brotliCompressSync(readFileSync(join(root, file))).length / 1024

/** The entry and everything it imports statically. */
function closure(key, seen = new Set()) {
  if (seen.has(key)) return seen
  seen.add(key)
  for (const next of manifest[key].imports ?? []) closure(next, seen)
  return seen
}
const first = [...closure('src/main.ts')].map((key) => manifest[key].file)
const catalog = Object.values(manifest).find((one) => one.name === 'vi-start' || one.src?.endsWith('catalog/vi-start'))?.file
const assets = readdirSync(join(root, 'assets')).filter((name) => !/\.(br|gz|map)$/.test(name))
const css = assets.filter((name) => name.endsWith('.css'))
const shell = (manifest['src/main.ts'].css ?? []).map((file) => size(file))
const workers = assets.filter((name) => /worker.*\.js$/.test(name))
// The address reader runs beside the lead form alone; the others run all day.
const reader = workers.filter((name) => name.startsWith('address.worker'))
const worker = workers.filter((name) => !reader.includes(name))
if (!reader.length || !worker.length) throw new Error(`workers by other names: ${workers.join()}`)
const kept = [...new Set([...readFileSync(join(root, 'sw.js'), 'utf8').matchAll(/\/static\/((?:assets|icons)\/[\w./-]+)/g)].map(([, file]) => file))]
if (!kept.includes(manifest['src/main.ts'].file)) throw new Error('the service worker keeps no app')
const sum = (numbers) => numbers.reduce((total, one) => total + one, 0)

const rows = [
  ['first-load JS (entry, its imports, vi texts)', sum([...first, ...(catalog ? [catalog] : [])].map(size)), 75],
  ['shell CSS', sum(shell), 15],
  ['all CSS', sum(css.map((name) => size(`assets/${name}`))), 20],
  ['worker + service worker', sum(worker.map((name) => size(`assets/${name}`))) + size('sw.js'), 75],
  ['address reader (a worker of its own)', sum(reader.map((name) => size(`assets/${name}`))), 10],
  ['largest lazy chunk', Math.max(...Object.values(manifest).filter((one) => one.isDynamicEntry).map((one) => size(one.file))), 60],
  ['everything kept offline, raw', sum(kept.map((name) => statSync(join(root, name)).size)) / 1024, 1000],
]
let over = 0
for (const [what, kb, limit] of rows) {
  over += kb > limit ? 1 : 0
  console.log(`${kb > limit ? 'OVER' : 'ok  '} ${kb.toFixed(1).padStart(7)} KB of ${limit}  ${what}`)
}
process.exitCode = over ? 1 : 0
