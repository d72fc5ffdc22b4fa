// The phone's exact fractions give what Python's give (tests/pricing/fractions.py makes the vectors).
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Fraction } from './fraction.ts'
import { atDigits, dec, floored, share, toStep } from './numbers.ts'

const file = join(import.meta.dirname, '../../../../tests/cases/fractions.json')
const { rows } = JSON.parse(readFileSync(file, 'utf8')) as { rows: [string, string, ...unknown[]][] }
const read = (text: string): Fraction => new Fraction(...(text.split('/').map(BigInt) as [bigint, bigint?]))
const said = ({ n, d }: Fraction): string => (d === 1n ? String(n) : `${n}/${d}`)

test('every vector comes out as the office works it out', () => {
  expect(rows.length).toBeGreaterThan(500)
  for (const [one, other, ...worked] of rows) {
    const [a, b] = [read(one), read(other)]
    const quotient = b.n ? said(a.div(b)) : null
    const rounded = [0, 2, 6, 12].map((digits) => String(atDigits(a, digits)))
    const mine = [a.add(b), a.sub(b), a.mul(b)].map(said)
    expect([one, other, ...mine, quotient, a.compare(b), said(a.abs()), String(floored(a)), ...rounded, said(toStep(a, b))]).toEqual([one, other, ...worked])
  }
})

test('a fraction is in lowest terms with its sign above the line', () => {
  expect(said(new Fraction(6n, -4n))).toBe('-3/2')
  expect(said(new Fraction(-6n, -3n))).toBe('2')
  expect(said(new Fraction(0n, -7n))).toBe('0')
  expect(said(dec('-0012.50'))).toBe('-25/2')
  expect(said(dec('-0'))).toBe('0')
})

test('nothing is divided by 0', () => {
  for (const n of [0n, 1n, -1n]) expect(() => new Fraction(n, 0n)).toThrow(RangeError)
  expect(() => new Fraction(1n).div(new Fraction(0n))).toThrow(RangeError)
})

test('a negative amount is shared like its opposite', () => {
  expect(share(-100n, [1n, 1n, 1n])).toEqual([-34n, -33n, -33n])
})
