// The basket: units as people say them, finding items, and what goes over the wire.
import { expect, test } from 'vitest'
import type { ItemRow, PackagingRow } from '../../lib/rows.ts'
import { baseOf, emptyBasket, findItems, lastKnown, placeArgs, spoken, unitsOf } from './basket.ts'

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
