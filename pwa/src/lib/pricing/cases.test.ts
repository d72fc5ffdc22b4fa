// The cases phone and office must agree on (tests/cases/pricing, tests/cases/units): the office runs the same files.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { canonical, convertAnswer, priceAnswer } from './answering.ts'
import { Book } from './book.ts'
import { PriceRefusal, refusalOr } from './refusal.ts'
import { priceOrder } from './rules.ts'

interface Case {
  name: string
  with?: object
  order?: unknown
  line?: string
  request?: object
  answer?: object
  error?: string
  pointer?: string
  numbers?: Record<string, string>
  expect?: object
  trace?: object[]
}

const folder = join(import.meta.dirname, '../../../../tests/cases')

function files(name: string): { file: string; book: object; cases: Case[] }[] {
  const found = readdirSync(join(folder, name)).filter((file) => file.endsWith('.json'))
  return found.sort().map((file) => ({ file, book: {}, ...JSON.parse(readFileSync(join(folder, name, file), 'utf8')) }))
}

for (const { file, book, cases } of files('pricing'))
  describe(file, () => {
    test.each(cases)('$name', (one) => {
      const request = one.request ?? { book: { ...book, ...one.with }, order: one.order }
      const answer: object = JSON.parse(priceAnswer(one.line ?? JSON.stringify({ id: 1, ...request })))
      expect(answer).toMatchObject(one.answer ?? (one.error ? { error: one.error } : (one.expect ?? {})))
      for (const reason of one.trace ?? [])
        expect((answer as { trace: object[] }).trace).toContainEqual(expect.objectContaining(reason))
    })
  })

for (const { file, book, cases } of files('pricing')) {
  const refused = cases.filter((one) => one.error && !one.line)
  if (refused.length)
    test.each(refused)(`${file}: $name: the refusal says where and about what`, (one) => {
      const { book: from, order } = (one.request ?? { book: { ...book, ...one.with }, order: one.order }) as { book: unknown; order: unknown }
      const { pointer, numbers } = refusalOr(() => priceOrder(from, order)) as PriceRefusal
      expect({ pointer, numbers }).toEqual({ pointer: one.pointer ?? null, numbers: one.numbers ?? {} })
    })
}

for (const { file, cases } of files('units'))
  describe(file, () => {
    test.each(cases)('$name', (one) => {
      expect(JSON.parse(convertAnswer(JSON.stringify({ id: 1, ...one.request })))).toEqual({ id: 1, ...one.answer })
    })
  })

test('an answer is one canonical line whatever the order of the keys that came in', () => {
  expect(canonical({ b: [{ d: 1, c: 'ế' }], a: null })).toBe('{"a":null,"b":[{"c":"ế","d":1}]}')
  expect(priceAnswer('{"allocate":')).toBe('{"error":"NOT_JSON","id":null}')
  expect(priceAnswer('[]')).toBe('{"error":"BOOK_MALFORMED","id":null}')
})

test('a book is read once for many orders', () => {
  const raw = files('pricing').find(({ file }) => file === 'dairy.json')!.book
  const order = { customer: 'C01', date: '2026-07-01', lines: [{ item: 'SUA180', unit: 'thùng', qty: '12' }] }
  const book = new Book(raw)
  expect(book.promotions).toBe(book.promotions)
  expect([priceOrder(book, order), priceOrder(book, order)]).toEqual([priceOrder(raw, order), priceOrder(raw, order)])
})

test('10 + 1: a gift comes and goes with the quantity typed', () => {
  const book = new Book({
    company_currency: 'VND', currencies: { VND: { minor: 0 } }, taxes: {}, customers: {}, price_lists: {},
    items: { MI: { base_unit: 'gói', whole_units: true, list_price: '4000' } },
    promotions: [{ id: '10+1', effect: { kind: 'gift', item: 'MI', qty: '1', every: '10' } }],
  })
  const gifts = (qty: string) => priceOrder(book, { date: '2026-07-01', lines: [{ item: 'MI', qty }] }).lines.slice(1).map((line) => [line.gift, line.qty])
  expect(['9', '10', '15', '20', '9'].map(gifts)).toEqual([[], [['10+1', '1']], [['10+1', '1']], [['10+1', '2']], []])
})

test('a refusal is an answer, a fault of ours is not', () => {
  const refusal = new PriceRefusal('no-price')
  const failing = (reason: Error) => () => {
    throw reason
  }
  expect(refusalOr(() => 1)).toBe(1)
  expect(refusalOr(failing(refusal))).toBe(refusal)
  expect(() => refusalOr(failing(new TypeError('ours')))).toThrow('ours')
})
