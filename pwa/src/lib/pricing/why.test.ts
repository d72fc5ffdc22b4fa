// Every reason the price brain gives has a text in both languages.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Book } from './book.ts'
import { dec, text } from './numbers.ts'
import { priceOrder, type PricedOrder } from './rules.ts'
import { giftsOf, moreUnits, nameOf, reasonsOf, whereFrom, whySkipped, winnerOf } from './why.ts'

const here = import.meta.dirname
const texts = ['vi', 'en'].map(
  (language) => JSON.parse(readFileSync(join(here, '../../../locales', language, 'pricing.json'), 'utf8')) as Record<string, string>,
)
const sources = readdirSync(here).filter((file) => file.endsWith('.ts') && !file.includes('.test.'))
const code = sources.map((file) => readFileSync(join(here, file), 'utf8')).join('\n')
const SCOPES = ['customers', 'customer_groups', 'regions', 'channel', 'payment_term', 'payment_method', 'price_list']

test('every reason in the code has a text in both languages', () => {
  const codes = new Set([...code.matchAll(/(?:code: |return |skip\()'([a-z_]+)'/g)].map((found) => found[1]!))
  for (const known of ['min_qty', 'outranked', 'exclusive', 'tier', 'coupon', 'buy_get']) expect(codes).toContain(known)
  for (const one of [...codes, ...SCOPES])
    for (const language of texts) expect(Object.keys(language)).toContain(whySkipped({ code: one, missing: '1' }).key)
})

test('a reason says its numbers', () => {
  expect(whySkipped({ code: 'group:tet', promotion: 'KM3' })).toEqual({ key: 'pricing.skip.group', values: { group: 'tet' } })
  expect(whySkipped({ code: 'min', promotion: 'KM1' }).key).toBe('pricing.skip.min.plain')
  expect(whySkipped({ code: 'min_qty', missing: '24' }).values.missing).toBe('24')
  for (const language of texts) expect(language['pricing.skip.min.plain']).toBeTruthy()
})

test('a source says its list and rule', () => {
  expect(whereFrom('list:DL/DL-2')).toEqual({ key: 'pricing.source.list', values: { list: 'DL', rule: 'DL-2' } })
  expect(whereFrom('gift', 'KM2')).toEqual({ key: 'pricing.source.gift', values: { promotion: 'KM2' } })
  for (const language of texts) for (const one of ['item', 'given', 'gift', 'list:a/b']) expect(language[whereFrom(one).key]).toBeTruthy()
})

// --- what a little more would earn ---------------------------------------------------------------------------------

const book = new Book({
  company_currency: 'VND',
  currencies: { VND: { minor: 0 } },
  taxes: {},
  items: {
    SUA: { base_unit: 'hộp', whole_units: true, packagings: { thùng: '48', lốc: '4' }, groups: ['sua'] },
    LY: { base_unit: 'cái', whole_units: true },
    GAO: { base_unit: 'kg', packagings: { bao: { num: '100', den: '3' } } },
  },
  customers: {},
  default_price_list: 'CHUNG',
  list_names: { CHUNG: { vi: 'Bảng giá chung', en: 'Everybody' } },
  price_lists: {
    CHUNG: {
      currency: 'VND',
      rules: [
        { id: 'G-1', item: 'SUA', price: { kind: 'fixed', amount: '7000' }, valid_from: '2026-01-01' },
        { id: 'G-2', item: 'SUA', min_qty: '480', price: { kind: 'fixed', amount: '6800' } },
        { id: 'G-3', item: 'SUA', unit: 'thùng', min_qty: '12', price: { kind: 'fixed', amount: '320000' } },
        { id: 'G-4', item: 'GAO', price: { kind: 'fixed', amount: '18000' } },
      ],
    },
  },
  promotions: [
    { id: 'P10', name: { vi: 'Sữa giảm 5 %', en: 'Milk 5 % off' }, match: { item_groups: ['sua'] }, min: { qty: '400' }, effect: { kind: 'percent', value: '5' } },
    { id: 'LY10', match: { items: ['SUA'] }, effect: { kind: 'gift', item: 'LY', qty: '1', every: '10' } },
    { id: 'GAO', match: { items: ['GAO'] }, min: { qty: '50' }, effect: { kind: 'amount', value: '20000' } },
    { id: 'DON', stage: 'order', tiers: [{ min: { amount: '1000000' }, effect: { kind: 'percent', value: '1' } }, { min: { amount: '2000000' }, effect: { kind: 'percent', value: '2' } }, { min: { amount: '9000000' }, effect: { kind: 'percent', value: '4' } }] },
  ],
})
const sold = (...lines: [item: string, unit: string, qty: string][]) =>
  priceOrder(book, { date: '2026-11-22', lines: lines.map(([item, unit, qty], n) => ({ id: `l${n}`, item, unit, qty })) })
const about = (order: PricedOrder, n = 0) => Object.fromEntries(reasonsOf(book, order, order.lines[n]!, 'VND').map((one) => [one.promotion ?? one.rule, one]))

test('what is missing is said in the unit of the line, rounded up to whole ones', () => {
  const why = about(sold(['SUA', 'thùng', '7'])) // 336 of 400 pieces: 64 more are 1.33 cartons
  expect(why.P10).toMatchObject({ more: { qty: '2', unit: 'thùng' }, gain: { kind: 'percent', value: '5' } })
  expect(why['G-3']).toMatchObject({ more: { qty: '5', unit: 'thùng' }, gain: { kind: 'price', value: '320000' } })
  expect(why['G-2']).toMatchObject({ more: { qty: '3', unit: 'thùng' }, gain: { kind: 'price', value: '326400' } })
  expect(about(sold(['SUA', 'hộp', '397'])).P10?.more).toEqual({ qty: '3', unit: 'hộp' })
})

test('a suggestion that is followed earns what it says', () => {
  for (const unit of ['hộp', 'lốc', 'thùng'])
    for (const qty of ['1', '2', '5', '8']) {
      const { more } = about(sold(['SUA', unit, qty])).P10!
      if (!more || !('qty' in more)) throw new Error('a quantity is missing')
      const enough = sold(['SUA', unit, String(Number(qty) + Number(more.qty))])
      expect(enough.lines[0]!.adjustments.map((one) => one.promotion)).toContain('P10')
      const short = sold(['SUA', unit, String(Number(qty) + Number(more.qty) - 1)])
      expect(short.lines[0]!.adjustments.map((one) => one.promotion)).not.toContain('P10')
    }
})

test('what is sold by weight is not rounded, a third of a sack is not lost', () => {
  expect(about(sold(['GAO', 'kg', '47.5'])).GAO?.more).toEqual({ qty: '2.5', unit: 'kg' })
  expect(text(moreUnits(book, { item: 'GAO', unit: 'bao' }, dec('100')))).toBe('3')
  expect(text(moreUnits(book, { item: 'GAO', unit: 'bao' }, dec('100.000001')))).toBe('4')
})

test('a gift belongs to the line that earns it, and goes with it', () => {
  const order = sold(['GAO', 'kg', '1'], ['SUA', 'hộp', '15'])
  expect(giftsOf(book, order, order.lines[1]!).map((gift) => [gift.item, gift.qty])).toEqual([['LY', '1']])
  expect(giftsOf(book, order, order.lines[0]!)).toEqual([])
  const less = sold(['SUA', 'hộp', '9'])
  expect(less.lines).toHaveLength(1)
  expect(about(less).LY10).toMatchObject({ more: { qty: '1', unit: 'hộp' }, gain: { kind: 'gift', value: '1', item: 'LY', unit: 'cái' } })
})

test('the next tier is named, not one already reached or one further on', () => {
  expect(about(sold(['SUA', 'hộp', '100'])).DON).toMatchObject({ more: { amount: '300000' }, gain: { kind: 'percent', value: '1' } })
  expect(about(sold(['SUA', 'hộp', '200'])).DON).toMatchObject({ more: { amount: '600000' }, gain: { kind: 'percent', value: '2' } })
  const much = about(sold(['SUA', 'hộp', '380'])).DON
  expect(much).toMatchObject({ gain: { kind: 'percent', value: '4' } })
})

test('promotions for other goods are not told, and what is in reach comes first', () => {
  const why = reasonsOf(book, sold(['SUA', 'thùng', '1']), sold(['SUA', 'thùng', '1']).lines[0]!, 'VND')
  expect(why.map((one) => one.promotion)).not.toContain('GAO')
  const reach = why.map((one) => one.more !== null)
  expect(reach).toEqual([...reach].sort((a, b) => Number(b) - Number(a)))
})

test('the winner says its list, rule and days', () => {
  const order = sold(['SUA', 'hộp', '5'])
  expect(winnerOf(book, order.lines[0]!)).toMatchObject({ list: 'CHUNG', rule: 'G-1', validFrom: '2026-01-01', validTo: null, minQty: null })
  expect(nameOf(book, 'list', 'CHUNG', 'en')).toBe('Everybody')
  expect([nameOf(book, 'promotion', 'P10', 'vi'), nameOf(book, 'promotion', 'LY10', 'vi'), nameOf(book, 'list', 'XX', 'vi')]).toEqual(['Sữa giảm 5 %', 'LY10', 'XX'])
})
