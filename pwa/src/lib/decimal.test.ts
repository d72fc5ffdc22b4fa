// Sums of money are exact, and amounts are read as people write them.
import { expect, test } from 'vitest'
import { amount, sum } from './decimal.ts'

test('sums are exact beyond what floats hold', () => {
  expect(sum(['0.1', '0.2'])).toBe('0.3')
  expect(sum(['9007199254740993', '1', null, '-0.5'])).toBe('9007199254740993.5')
  expect(sum([])).toBe('0')
  expect(sum(['1.50', '0.50'])).toBe('2')
})

test.each([
  ['20.000', 0, '20000'],
  ['1.250.000', 0, '1250000'],
  ['1,250,000 ₫', 0, '1250000'],
  ['20000', 0, '20000'],
  ['12,5', 2, '12.5'],
  ['1.250', 2, '1250'],
  ['12.5', 0, null],
  ['-5', 0, null],
  ['abc', 0, null],
  ['', 0, null],
])('“%s” with %i decimals is read as %s', (text, digits, value) => {
  expect(amount(text, digits)).toBe(value)
})
