// Numbers of the price brain: exact fractions in, rounding only here. Twin: backend/pricing/numbers.py.
//
// The four rounding points are `atDigits` with the right digits: R1 the unit price, R2 the gross, R3 what remains of a line
// after an adjustment, R4 tax. All round half away from zero. Amounts are bigints in minor units.
import { compare, Fraction } from './fraction.ts'
import { PriceRefusal } from './refusal.ts'

export { Fraction }

export const ZERO = new Fraction(0n)
export const ONE = new Fraction(1n)
export const HUNDRED = new Fraction(100n)
const DECIMAL = /^-?[0-9]{1,18}(\.[0-9]{1,12})?$/

/** An integer as a fraction. */
export const whole = (value: bigint): Fraction => new Fraction(value)

/** A decimal text as a fraction, or null for anything else: JSON numbers are floats. */
export function decimal(value: unknown): Fraction | null {
  if (typeof value !== 'string' || !DECIMAL.test(value)) return null
  const [digits, decimals = ''] = value.split('.') as [string, string?]
  return new Fraction(BigInt(digits + decimals), 10n ** BigInt(decimals.length))
}

/** A decimal text as a fraction. Anything else is refused. */
export function dec(value: unknown): Fraction {
  const found = decimal(value)
  if (found === null) throw new PriceRefusal('not-a-number', { value: typeof value === 'string' ? value.slice(0, 40) : '' })
  return found
}

/** `dec`, or null for what is absent. */
export const optional = (value: unknown): Fraction | null => (value === undefined || value === null ? null : dec(value))

/** 10^digits. */
export const scale = (digits: number): Fraction => new Fraction(10n ** BigInt(digits))

/** The value in units of 10^-digits, rounded half away from zero. */
export function atDigits(value: Fraction, digits: number): bigint {
  const { n, d } = value // whole numbers: no fraction is made on the way
  return (2n * n * 10n ** BigInt(digits) + (n < 0n ? -d : d)) / (2n * d)
}

/** The nearest integer; a tie goes away from zero. */
export const rounded = (value: Fraction): bigint => atDigits(value, 0)

/** The nearest multiple of `step`, a tie away from zero, whatever the step's sign; 0 leaves the value alone. */
export const toStep = (value: Fraction, step: Fraction): Fraction =>
  step.n === 0n ? value : whole(rounded(value.div(step))).mul(step)

/** The largest integer not above. */
export const floored = ({ n, d }: Fraction): bigint => (n < 0n ? n + 1n - d : n) / d

/** The shortest decimal text of an integer in units of 10^-digits. */
export function textOfScaled(value: bigint, digits: number): string {
  const size = value < 0n ? -value : value
  const base = 10n ** BigInt(digits)
  const decimals = (size % base).toString().padStart(digits, '0').replace(/0+$/, '')
  return `${value < 0n ? '-' : ''}${size / base}${decimals ? `.${decimals}` : ''}`
}

/** The shortest decimal text of a fraction with at most 12 decimals. */
export const text = (value: Fraction): string => textOfScaled(atDigits(value, 12), 12)

/** Whether it has no fraction. */
export const isWhole = (value: Fraction): boolean => value.d === 1n

export const sum = (values: readonly bigint[]): bigint => values.reduce((a, b) => a + b, 0n)

export const total = (values: readonly Fraction[]): Fraction => values.reduce((a, b) => a.add(b), ZERO)

const smaller = (a: bigint, b: bigint): bigint => (a < b ? a : b)

/**
 * Shares `amount` over `weights` by largest remainder; the shares always add up. Each is the floor of its part, the rest goes
 * one by one to the largest fractions, ties to the earlier one; all weights 0 count as equal. With `limits` no share passes
 * its own: the overflow goes to the others by the same weights, and an amount above their sum is cut to it.
 */
export function share(amount: bigint, weights: readonly bigint[], limits?: readonly bigint[]): bigint[] {
  if (!limits) return plainShare(amount, weights)
  let left = smaller(amount, sum(limits))
  const shares = weights.map(() => 0n)
  let open = weights.map((_, i) => i).filter((i) => limits[i]! > 0n)
  while (left && open.length) {
    const parts = plainShare(left, open.map((i) => weights[i]!))
    open.forEach((i, place) => {
      const taken = smaller(parts[place]!, limits[i]! - shares[i]!)
      shares[i] = shares[i]! + taken
      left -= taken
    })
    open = open.filter((i) => shares[i]! < limits[i]!)
  }
  return shares
}

function plainShare(amount: bigint, weights: readonly bigint[]): bigint[] {
  const used = weights.some((weight) => weight) ? weights : weights.map(() => 1n)
  const all = sum(used)
  const size = amount < 0n ? -amount : amount
  const shares = used.map((weight) => (size * weight) / all)
  const order = used.map((weight, i) => ({ i, rest: (size * weight) % all })).sort((a, b) => compare(b.rest, a.rest)) // stable
  for (const { i } of order.slice(0, Number(size - sum(shares)))) shares[i] = shares[i]! + 1n
  return amount < 0n ? shares.map((one) => -one) : shares
}

/** Whole numbers in the same proportions. */
export function inWhole(numbers: readonly Fraction[]): bigint[] {
  const all = numbers.reduce((product, { d }) => product * d, 1n)
  return numbers.map(({ n, d }) => (n * all) / d)
}

/** Whole numbers next to the parts that add up to `amount`: floors first, the rest to the largest fractions. */
export function toWhole(amount: bigint, parts: readonly Fraction[]): bigint[] {
  const floors = parts.map(floored)
  const order = parts.map((part, i) => ({ i, rest: part.sub(whole(floors[i]!)) }))
  order.sort((a, b) => b.rest.compare(a.rest)) // stable
  const extra = Number(amount - sum(floors))
  for (const { i } of order.slice(0, extra)) floors[i] = floors[i]! + 1n
  return floors
}
