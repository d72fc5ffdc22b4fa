// Numbers as people type them.
import { expect, test } from 'vitest'
import { typed, typedDay } from './typed.ts'

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

test.each([
  ['22/11/2026', '2026-11-22'], ['1/2/2026', '2026-02-01'], ['22.11.26', '2026-11-22'], ['22-11-2026', '2026-11-22'], ['22112026', '2026-11-22'],
  ['221126', '2026-11-22'], ['5/3', '2026-03-05'], [' 29/02/2028 ', '2028-02-29'], ['2026-11-22', '2026-11-22'],
])('the day %s is %s', (text, day) => expect(typedDay(text, '2026-07-09')).toBe(day))

test.each(['', '31/02/2026', '29/02/2026', '0/1/2026', '12/13/2026', '2026', '1/1/126', 'mai', '22/11/2026 10:00', '2026-02-30'])('%s is no day', (text) =>
  expect(typedDay(text, '2026-07-09')).toBeNull(),
)
