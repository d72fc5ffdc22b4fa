// Times the phone's search engine over 10,000 customers, as bundled for the phone, under Node; one JSON line per kind of text.
import { join } from 'node:path'
import { build } from 'vite'

const CUSTOMERS = 10_000
const ROUNDS = 60
const root = join(import.meta.dirname, '..')
const entry = join(root, 'src/lib/search.ts')
const [built] = [await build({ configFile: false, root, logLevel: 'error', publicDir: false, build: { write: false, minify: true, lib: { entry, formats: ['es'] } } })].flat()
const { hits, keyOf } = await import(`data:text/javascript,${encodeURIComponent(built.output[0].code)}`)

let seed = 7
const chance = (below) => (seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0) % below
const pick = (from) => from[chance(from.length)]
const KINDS = ['Cửa hàng', 'Tạp hóa', 'Đại lý', 'Quán', 'Siêu thị mini', 'Nhà thuốc', 'Công ty TNHH', 'Bách hóa']
const NAMES = ['Minh', 'Hạnh', 'Phúc', 'Đạt', 'Hương', 'Thảo', 'Ngọc', 'Lan', 'Bình', 'Khánh', 'Dũng', 'Yến', 'Vân', 'Hòa', 'Sơn', 'Trang', 'Giang', 'Cường', 'Nhung', 'Hải']
const STREETS = ['Lê Lợi, Quận 1', 'Bình Tiên, Phường 7, Quận 6', 'Nguyễn Trãi, Thanh Xuân, Hà Nội', 'Trần Phú, Hải Châu, Đà Nẵng']
const shops = Array.from({ length: CUSTOMERS }, (_, n) => ({
  id: String(n), name: `${pick(KINDS)} ${pick(NAMES)} ${pick(NAMES)} ${chance(99)}`, code: `KH-${String(n).padStart(5, '0')}`,
  phone: `09${String(chance(10 ** 8)).padStart(8, '0')}`, tax_no: null, address: `${chance(300)} ${pick(STREETS)}`,
}))
const rows = shops.map((one) => ({ key: keyOf(one) }))
const bare = (text) => text.toLowerCase().replace(/đ/g, 'd').normalize('NFD').replace(/\p{M}/gu, '')
const texts = {
  'a name without accents': () => bare(pick(shops).name),
  'a name with accents': () => pick(shops).name,
  'its first letters': () => bare(pick(shops).name).slice(0, 3),
  'a phone tail': () => pick(shops).phone.slice(-4),
  'a street': () => 'nguyen trai',
  'one slip': () => bare(pick(shops).name).replace(/[aeiou](?=[a-z]* [0-9]+$)/, 'x'),
  'what fits nobody': () => 'xyzzyx qwerty',
}
const time = (text) => {
  const started = performance.now()
  const found = hits(rows, text).sort((a, b) => a.at - b.at)
  return [performance.now() - started, found.length]
}
for (const make of Object.values(texts)) for (let n = 0; n < 10; n++) time(make()) // the engine warms up as a phone's does
for (const [kind, make] of Object.entries(texts)) {
  const times = []
  let some = 0
  for (let n = 0; n < ROUNDS; n++) {
    const [took, count] = time(make())
    times.push(took)
    some += count
  }
  times.sort((a, b) => a - b)
  console.log(JSON.stringify({ kind, median: times[ROUNDS / 2], p95: times[Math.floor(ROUNDS * 0.95)], found: some / ROUNDS }))
}
