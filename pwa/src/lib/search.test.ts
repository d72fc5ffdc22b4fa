// The phone finds what a person means: accents or none, codes, phone tails, initials, one typo.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { digits, fold } from './folding.ts'
import { hits, keyOf, nearly, type SearchKey, type Searchable } from './search.ts'

const shop = (id: string, name: string, more: Partial<Searchable> = {}): Searchable => ({ id, name, code: null, phone: null, tax_no: null, address: '', ...more })
const shops = [
  shop('minh', 'Cửa hàng Minh', { code: 'KH00012', phone: '+84 903 456 789', address: '45 Bình Tiên, Quận 6' }),
  shop('minhdat', 'Tạp hóa Minh Đạt', { code: 'KH00120', phone: '0912 000 111', tax_no: '0301234567' }),
  shop('a', 'Nguyễn Văn A', { code: 'KH00300' }),
  shop('an', 'Đại lý An Ma', { code: 'KH00400', address: '12 Lê Lợi, Hải Phòng' }),
  shop('ma', 'Quán Mã', { code: 'KH00500' }),
]
const keys = shops.map(keyOf)
/** Ids that fit, best first; ties in the order given. */
const find = (some: SearchKey[], text: string): string[] => hits(some.map((key) => ({ key })), text).sort((a, b) => a.at - b.at).map(({ row }) => row.key.id)
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

test('streets are found too, after everything the office finds by', () => {
  const near = [shop('street', 'Quán Ba', { address: '9 Minh Khai' }), shop('name', 'Tạp hóa Minh')].map(keyOf)
  expect(find(near, 'minh')).toEqual(['name', 'street'])
})

test('a telephone number is one number however it is written', () => {
  const held = [keyOf(shop('x', 'Quán', { phone: '84903456789' }))]
  for (const typed of ['0903456789', '+84 903 456 789', '84903456789', '0903.456.789']) expect(find(held, typed)).toEqual(['x'])
})

test.each(["' OR 1=1--", '%', '\\', '()', '$0', '🏪', '-'.repeat(99), '.*', '['])('“%s” is text like any other and finds nobody', (text) => {
  expect(find(keys, text)).toEqual([])
})

// What phone and office must agree on; the office's tests read the same cases.
const shared = (name: string) => JSON.parse(readFileSync(join(import.meta.dirname, '../../../tests/cases/search', name), 'utf8'))

test.each(shared('folding.json') as { text?: string; folded?: string; phone?: string; digits?: string }[])('folds alike: %j', (one) => {
  if (one.text !== undefined) expect(fold(one.text)).toBe(one.folded)
  else expect(digits(one.phone!)).toBe(one.digits)
})

interface Ranking {
  why: string
  customers: Omit<Searchable, 'address'>[]
  queries: { query: string; expected?: string[]; first?: string; found?: string[] }[]
}
describe.each(shared('ranking.json') as Ranking[])('$why', ({ customers, queries }) => {
  const held = customers.map((one) => keyOf({ ...one, address: '' }))
  test.each(queries)('“$query”', ({ query, expected, first, found }) => {
    const ids = find(held, query)
    expect(expected ?? first ?? found).toBeDefined()
    if (expected) expect(ids).toEqual(expected)
    if (first) expect(ids[0]).toBe(first)
    if (found) expect(ids.toSorted()).toEqual(found)
  })
})
