// Numbers as people type them.
import { expect, test } from 'vitest'
import { typed } from './typed.ts'

test.each([
  ['25.400', '25400'], ['25.400,5', '25400.5'], ['25400', '25400'], ['2,5', '2.5'], ['2.5', '2.5'], ['1.250.000 ₫', '1250000'],
  ['0,04', '0.04'], ['05', '5'], ['7,50', '7.5'], ['1.2345', '1.2345'], ['0', '0'],
])('in Vietnamese %s is %s', (text, value) => expect(typed(text, 'vi')).toBe(value))

test.each([['25,400', '25400'], ['25,400.5', '25400.5'], ['2.5', '2.5'], ['2,5', '2.5'], ['1.234', '1.234']])('in English %s is %s', (text, value) =>
  expect(typed(text, 'en')).toBe(value),
)

test.each(['', '-1', '1e3', '1.25.000', '1,2,3', 'abc', '1.2.3', '.5', ',', '9'.repeat(16)])('%s is no number', (text) => {
  expect(typed(text, 'vi')).toBeNull()
  expect(typed(text, 'en')).toBeNull()
})
