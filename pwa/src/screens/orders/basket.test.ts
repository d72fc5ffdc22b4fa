// The basket: units as people say them, finding items, and what goes over the wire.
import { expect, test } from 'vitest'
import type { PricedLine, PricedOrder } from '../../lib/pricing/rules.ts'
import type { ItemRow, PackagingRow } from '../../lib/rows.ts'
import { baseOf, type Checked, emptyBasket, findItems, lastKnown, otherwise, overlayOf, placeArgs, spoken, unitsOf } from './basket.ts'

const item = (code: string, name: string): ItemRow => ({ id: code, _v: 1, code, name_vi: name, name_en: null, group_id: null, base_unit: 'hộp', base_digits: 0, whole_units: true, tax_code: null, active: true })
const milk = item('SUA180', 'Sữa tươi 180ml')
const box: PackagingRow = { id: 'p', _v: 1, item_id: 'SUA180', unit: 'thùng', num: '48', den: '1', whole_units: true, barcode: null }
const units = unitsOf(milk, [box])

test('a quantity is said in boxes and pieces', () => {
  expect(spoken(101, units, String)).toBe('2 thùng + 5 hộp')
  expect(spoken(96, units, String)).toBe('2 thùng')
  expect(spoken(0, units, String)).toBe('0 hộp')
})

test('a box counts as what is in it', () => {
  expect(baseOf({ id: '1', item_id: 'SUA180', unit: 'thùng', qty: 2 }, units)).toBe(96)
})

test('an item is found by code and by name without accents', () => {
  const items = [item('TRA01', 'Trà sữa'), milk]
  expect(findItems(items, 'sua180')[0]?.code).toBe('SUA180')
  expect(findItems(items, 'sua tuoi').map((one) => one.code)).toEqual(['SUA180'])
  expect(findItems([{ ...milk, active: false }], 'sua')).toEqual([])
})

test('the phone does not promise the same goods twice', () => {
  const hints = { as_of: '', credit: {}, stock: { SUA180: { available: '100', on_hand: '100', reserved: '0', incoming: [] } } }
  expect(lastKnown(hints, new Map([['SUA180', 96]]), 'SUA180')?.left).toBe(4)
  expect(lastKnown(hints, new Map(), 'X')).toBeNull()
})

test('lines without a quantity are not ordered', () => {
  const basket = { ...emptyBasket(), lines: [{ id: 'a', item_id: 'SUA180', unit: 'hộp', qty: 0 }, { id: 'b', item_id: 'SUA180', unit: 'hộp', qty: 3 }] }
  expect(placeArgs(basket, null, null, 'c', null, '2026-11-22', 'VND').lines).toEqual([{ id: 'b', item_id: 'SUA180', unit: 'hộp', qty: '3' }])
})

test('gifts shown to the customer travel with the order and are shown while it waits', () => {
  const zero = { source: '', gross: '0', discount: '0', amount: '0', net: '0', tax: '0', adjustments: [] }
  const line: PricedLine = { ...zero, id: 'a', item: 'SUA180', unit: 'thùng', qty: '15', unit_price: '100' }
  const gift: PricedLine = { ...zero, gift: '10+1', item: 'SUA180', unit: 'hộp', qty: '48', unit_price: '0' }
  const order: PricedOrder = { lines: [line, gift], gross: '1500', discount: '0', net: '1500', tax: '0', total: '1500', trace: [] }
  const basket = { ...emptyBasket(), lines: [{ id: 'a', item_id: 'SUA180', unit: 'thùng', qty: 15 }] }
  expect(placeArgs(basket, order, 'v', 'c', null, '2026-11-22', 'VND').shown_gifts).toEqual([{ item_id: 'SUA180', unit: 'hộp', qty: '48' }])
  const shown = overlayOf(basket, order, 'c', 'u', '2026-11-22', 'VND', (one) => baseOf(one, units)).lines as { gift_of: string | null; qty_base: string }[]
  expect(shown.map((one) => [one.gift_of, one.qty_base])).toEqual([[null, '720'], ['10+1', '48']])
})

test('a gift the customer chose travels as its coupon, while the basket earns it', () => {
  const zero = { source: '', gross: '0', discount: '0', amount: '0', net: '0', tax: '0', adjustments: [], unit_price: '0' }
  const line: PricedLine = { ...zero, id: 'a', item: 'SUA180', unit: 'hộp', qty: '10' }
  const gift: PricedLine = { ...zero, gift: 'KM1~2', item: 'LY', unit: 'cái', qty: '1' }
  const order = (lines: PricedLine[]): PricedOrder => ({ lines, gross: '0', discount: '0', net: '0', tax: '0', total: '0', trace: [] })
  const basket = { ...emptyBasket(), lines: [{ id: 'a', item_id: 'SUA180', unit: 'hộp', qty: 10 }], gifts: { KM1: 'KM1~2', KM2: '' } }
  expect(placeArgs(basket, order([line, gift]), 'v', 'c', null, '2026-11-22', 'VND').coupons).toEqual(['KM1~2'])
  expect(placeArgs(basket, order([line]), 'v', 'c', null, '2026-11-22', 'VND').coupons).toBeUndefined()
  expect(placeArgs(basket, null, null, 'c', null, '2026-11-22', 'VND').coupons).toEqual(['KM1~2'])
})

test('the office finding another total or other gifts is told while typing', () => {
  const zero = { source: '', gross: '0', discount: '0', amount: '0', net: '0', tax: '0', adjustments: [], unit_price: '0', unit: 'cái' }
  const order: PricedOrder = { lines: [{ ...zero, gift: 'KM1~2', item: 'LY', qty: '1' }], gross: '0', discount: '0', net: '0', tax: '0', total: '10', trace: [] }
  const found = (total: string, qty: string | null) => ({ total, lines: qty ? [{ item_id: 'LY', qty, gift_of: 'KM1~2' }] : [] }) as unknown as Checked
  expect([found('10.00', '1.0'), found('11', '1'), found('10', null), found('10', '2')].map((one) => otherwise(one, order))).toEqual([false, true, true, true])
})
