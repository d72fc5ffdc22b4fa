// The line on a day, and what holds on it.
import { expect, test } from 'vitest'
import { holds, ordered, shifted, type Position } from './seats.ts'

const at = (id: number, ...lines: [number | null, string, string | null][]): Position => ({
  id, name: String(id), kind: 'rep', may_change: true, seats: [], lines: lines.map(([parent_id, from_on, until_on]) => ({ parent_id, from_on, until_on })),
})

test('a span holds from its first day up to the day before its end', () => {
  const span = { from_on: '2026-11-23', until_on: '2026-11-30' }
  expect(['2026-11-22', '2026-11-23', '2026-11-29', '2026-11-30'].map((day) => holds(span, day))).toEqual([false, true, true, false])
  expect(shifted('2026-12-31', 1)).toBe('2027-01-01')
})

test('positions stand below whom they report to on the day, and the reader\'s own has nobody above', () => {
  const all = [at(2, [1, '2020-01-01', null]), at(3, [2, '2020-01-01', '2026-11-30'], [8, '2026-11-30', null]), at(8, [2, '2020-01-01', null])]
  const told = (day: string) => ordered(all, day).map((one) => [one.position.id, one.depth])
  expect(told('2026-11-29')).toEqual([[2, 0], [3, 1], [8, 1]])
  expect(told('2026-11-30')).toEqual([[2, 0], [8, 1], [3, 2]])
})
