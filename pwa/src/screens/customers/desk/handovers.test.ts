// Days and filters of hand-overs.
import { expect, test } from 'vitest'
import { filterOf, nextMonday, weekday } from './handovers.ts'

test('the next Monday is never today', () => {
  for (const [day, monday] of [['2026-11-22', '2026-11-23'], ['2026-11-23', '2026-11-30'], ['2026-11-24', '2026-11-30'], ['2026-12-28', '2027-01-04']] as const) {
    expect(nextMonday(day)).toBe(monday)
    expect(weekday(monday, 'en')).toBe('Monday')
  }
})

test('a filter says only what narrows', () => {
  expect(filterOf({ position: '', group: '', ward: '', q: '  ' })).toEqual({})
  expect(filterOf({ position: '3', group: 'g', ward: '26740', q: ' minh ' })).toEqual({ position: 3, group: 'g', ward: '26740', q: 'minh' })
})
