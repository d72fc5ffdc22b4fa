// The phone finds what a person means: accents or none, codes, phone tails, initials, one typo.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { digits, fold } from './folding.ts'
import { find, keyOf, nearly, type Searchable } from './search.ts'

const shop = (id: string, name: string, more: Partial<Searchable> = {}): Searchable => ({ id, name, code: null, phone: null, tax_no: null, address: '', ...more })
const shops = [
  shop('minh', 'Cửa hàng Minh', { code: 'KH00012', phone: '+84 903 456 789', address: '45 Bình Tiên, Quận 6' }),
  shop('minhdat', 'Tạp hóa Minh Đạt', { code: 'KH00120', phone: '0912 000 111', tax_no: '0301234567' }),
  shop('a', 'Nguyễn Văn A', { code: 'KH00300' }),
  shop('an', 'Đại lý An Ma', { code: 'KH00400', address: '12 Lê Lợi, Hải Phòng' }),
  shop('ma', 'Quán Mã', { code: 'KH00500' }),
]
const keys = shops.map(keyOf)
const first = (text: string) => find(keys, text)[0]

test.each([
  ['cua hang minh', 'minh'],
  ['CỬA HÀNG MINH', 'minh'],
  ['789', 'minh'],
  ['0903456789', 'minh'],
  ['+84903456789', 'minh'],
  ['kh00120', 'minhdat'],
  ['0301234567', 'minhdat'],
  ['dat', 'minhdat'],
  ['nva', 'a'],
  ['hai phong', 'an'],
  ['le loi an', 'an'],
  ['cua hanh minh', 'minh'],
])('“%s” finds %s first', (text, id) => {
  expect(first(text)).toBe(id)
})

test('an exact accent ranks before the same letters without it', () => {
  expect(find(keys, 'mã')[0]).toBe('ma')
  expect(find(keys, 'ma')).toEqual(expect.arrayContaining(['an', 'ma']))
})

test('nothing typed finds everybody in the order given', () => {
  expect(find(keys, '')).toEqual(shops.map((one) => one.id))
})

test('what fits nobody finds nobody', () => {
  expect(find(keys, 'xyzzyx')).toEqual([])
})

test('one letter too many, missing, wrong or swapped is nearly the same', () => {
  for (const word of ['hangg', 'hag', 'hong', 'hagn']) expect(nearly(word, 'hang')).toBe(true)
  expect(nearly('hong', 'hung1')).toBe(false)
})

test('ten thousand customers are searched within a frame or so', () => {
  const many = Array.from({ length: 10_000 }, (_, i) => keyOf(shop(String(i), `Tạp hóa Hạnh ${i}`, { code: `KH${i}`, phone: `09${String(i).padStart(8, '0')}`, address: '12 Lê Lợi, Hải Phòng' })))
  const started = performance.now()
  expect(find(many, 'tap hoa hanh 77')).not.toHaveLength(0)
  console.info(`10k customers searched in ${(performance.now() - started).toFixed(1)} ms`)
})

// What phone and office must agree on; the cases are shared with the office's own tests.
const folder = join(import.meta.dirname, '../../../tests/cases/search')
describe.runIf(existsSync(folder))('the cases shared with the office', () => {
  for (const name of existsSync(folder) ? readdirSync(folder).filter((file) => file.endsWith('.json')) : []) {
    const cases = JSON.parse(readFileSync(join(folder, name), 'utf8')) as { text?: string; folded?: string; phone?: string; digits?: string }[]
    test.each(Array.isArray(cases) ? cases : [])(`${name} %#`, (one) => {
      if (one.text !== undefined && one.folded !== undefined) expect(fold(one.text)).toBe(one.folded)
      if (one.phone !== undefined && one.digits !== undefined) expect(digits(one.phone)).toBe(one.digits)
    })
  }
})
