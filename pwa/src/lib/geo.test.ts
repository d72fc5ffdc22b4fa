// Distances and check-in verdicts as the screen shows them.
import { expect, test } from 'vitest'
import { judge, metres } from './geo.ts'

const fix = (lat: number, accuracy_m: number) => ({ lat, lon: 106.7009, accuracy_m, at: '2026-11-22T00:00:00Z' })

test('Hà Nội to TP HCM is about 1,140 km as the crow flies', () => {
  expect(metres({ lat: 21.0285, lon: 105.8542 }, { lat: 10.8231, lon: 106.6297 }) / 1000).toBeCloseTo(1138, -1)
})

test.each([
  [fix(10.77726, 15), 'gps', 'ok', false],
  [fix(10.77726, 250), 'gps', 'ok', true],
  [fix(10.785, 15), 'pin', 'far', true],
  [fix(10.785, 2000), 'pin', 'unsure', true],
  [fix(10.785, 15), 'geocoder', 'unsure', false],
  [null, 'pin', 'none', true],
] as const)('%o at a place graded %s is %s (asks why: %s)', (where, grade, verdict, asksReason) => {
  expect(judge(where, { lat: 10.7769, lon: 106.7009, grade })).toMatchObject({ verdict, asksReason })
})
