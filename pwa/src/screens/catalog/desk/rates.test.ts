// Rates as they are read and drawn.
import { expect, test } from 'vitest'
import { corners, decimal, type Rate } from './rates.ts'

const rate = (from_on: string, value: string): Rate => ({ currency: 'USD', from_on, num: value, den: '1', rate: value, version: 1, holds: false, steps: [] })

test.each([['1', '3', '0.3333333333'], ['2', '3', '0.6666666667'], ['25400', '1', '25400'], ['40001', '2', '20000.5'], ['1', '25000', '0.00004'], ['1000000000000000', '1', '1000000000000000']])(
  '%s/%s is %s',
  (num, den, text) => expect(decimal(num, den)).toBe(text),
)

test('a rate holds until the next and the last one until today', () => {
  const path = corners([rate('2026-01-11', '200'), rate('2026-01-01', '100')], '2026-01-21')
  expect(path).toBe('M0.00 36.00H50.00L50.00 4.00H100.00')
})

test('days to come are not drawn, one rate is a level line and none is nothing', () => {
  expect(corners([rate('2026-03-01', '300'), rate('2026-01-01', '100')], '2026-01-21')).toBe('M0.00 20.00H100.00')
  expect(corners([], '2026-01-21')).toBe('')
})
