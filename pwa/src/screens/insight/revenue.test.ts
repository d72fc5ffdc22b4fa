// Shading and months of the region map.
import { expect, test } from 'vitest'
import { monthsUntil, queryOf, shadesOf, type RegionRow } from './revenue.ts'

const row = (code: string, net: string, kind: RegionRow['kind'] = 'region'): RegionRow => ({ code, name: code, kind, net, orders: 1, customers: 1, share: '0' })

test('regions are shaded by rank, and those that sold nothing are left pale', () => {
  const shades = shadesOf([row('79', '1000000'), row('01', '10'), row('48', '0'), row('', '999', 'unlocated')])
  expect(shades.get('01')).toBe(1)
  expect(shades.get('79')).toBeGreaterThan(1)
  expect(shades.has('48')).toBe(false)
  expect(shades.size).toBe(2)
})

test('months run back over new year', () => {
  expect(monthsUntil('2026-02-10', 3)).toEqual(['2026-02', '2026-01', '2025-12'])
})

test('screen and papers ask with the same words', () => {
  expect(queryOf({ set: 'VN-ADM1-34', from: '2026-01', to: '2026-02', position: '3' })).toBe('set=VN-ADM1-34&from=2026-01&to=2026-02&position=3')
})
