// Gifts of the customer's choice, asked of the brain; and who has had a promotion often enough.
import { expect, test } from 'vitest'
import { Book } from '../../lib/pricing/book.ts'
import { emptyBasket, priced } from './basket.ts'
import { decided, hadOften, offersOf } from './choices.ts'

const choice = (place: number, item: string) => ({ id: `KM1~${place}`, coupon: `KM1~${place}`, group: 'KM1~0', match: { items: ['SUA'] }, effect: { kind: 'gift', item, qty: '1', every: '10' } })
const book = (more: object = {}) =>
  new Book({
    company_currency: 'VND', currencies: { VND: { minor: 0 } }, taxes: {}, customers: { c: {} }, price_lists: {},
    items: { SUA: { base_unit: 'hộp', list_price: '1000' }, LY: { base_unit: 'cái', list_price: '500' }, TO: { base_unit: 'cái', list_price: '700' } },
    promotions: [choice(2, 'TO'), choice(1, 'LY')], ...more,
  })
const basket = (qty: number, gifts?: Record<string, string>) => ({ ...emptyBasket(), lines: [{ id: 'a', item_id: 'SUA', unit: 'hộp', qty }], ...(gifts ? { gifts } : {}) })
const given = (gifts?: Record<string, string>) => priced(book(), basket(10, gifts), 'c', '2026-11-22').order?.lines.filter((line) => line.gift).map((line) => line.item)

test('a choice is offered when the basket earns it, in the order the office wrote it', () => {
  expect(offersOf(book(), basket(9), 'c', '2026-11-22')).toEqual([])
  const [offer] = offersOf(book(), basket(20), 'c', '2026-11-22')
  expect(offer?.promotion).toBe('KM1')
  expect(offer?.options.map(({ coupon, gift }) => [coupon, gift.item, gift.qty])).toEqual([['KM1~1', 'LY', '2'], ['KM1~2', 'TO', '2']])
})

test('the customer gets the gift they chose, and none where they want none', () => {
  expect([given(), given({ KM1: '' }), given({ KM1: 'KM1~1' }), given({ KM1: 'KM1~2' })]).toEqual([[], [], ['LY'], ['TO']])
  const [offer] = offersOf(book(), basket(10), 'c', '2026-11-22')
  expect([undefined, { KM1: '' }, { KM1: 'KM1~2' }, { KM1: 'KM1~9' }].map((gifts) => decided(offer!, basket(10, gifts)))).toEqual([false, true, true, false])
})

test('a promotion a customer has had often enough says how often that was', () => {
  const when = (list: string[]) => ({ all: [{ not: { fact: 'customer.id', op: 'in', value: list } }] })
  const limited = (value: string[]) => book({ limits: { KM1: 2 }, promotions: [{ ...choice(1, 'LY'), when: when(value) }] })
  expect(hadOften(limited(['c']), 'KM1~1', 'c')).toBe(2)
  expect(hadOften(limited(['d']), 'KM1~1', 'c')).toBeNull()
  expect(hadOften(book(), 'KM1~1', 'c')).toBeNull()
})
