// Exact fractions over BigInt: the few operations prices are made of. Twin: Python's `fractions.Fraction`, which makes the
// vectors this is tested with (tests/cases/fractions.json).

/** Below, equal or above: -1, 0 or 1. Of texts by their UTF-16 units, the same in both languages. */
export const compare = <T extends bigint | string | boolean>(a: T, b: T): number => (a < b ? -1 : a > b ? 1 : 0)

/** n/d in lowest terms; d is above 0, so the sign is that of n. Never changes. */
export class Fraction {
  readonly n: bigint
  readonly d: bigint

  /** A denominator of 0 is a fault of ours: a RangeError, like every division by 0. */
  constructor(n: bigint, d = 1n) {
    const common = d === 1n ? d : commonOf(n, d)
    this.n = n / common
    this.d = d / common
  }

  add(other: Fraction): Fraction {
    return new Fraction(this.n * other.d + other.n * this.d, this.d * other.d)
  }

  sub(other: Fraction): Fraction {
    return new Fraction(this.n * other.d - other.n * this.d, this.d * other.d)
  }

  mul(other: Fraction): Fraction {
    return new Fraction(this.n * other.n, this.d * other.d)
  }

  div(other: Fraction): Fraction {
    return new Fraction(this.n * other.d, this.d * other.n)
  }

  abs(): Fraction {
    return this.n < 0n ? new Fraction(-this.n, this.d) : this
  }

  compare(other: Fraction): number {
    return compare(this.n * other.d, other.n * this.d)
  }
}

/** The greatest common divisor (Euclid), with the sign of `d`. */
function commonOf(n: bigint, d: bigint): bigint {
  if (d === 0n) throw new RangeError('a denominator of 0')
  let a = n
  let b = d
  while (b) {
    const rest = a % b
    a = b
    b = rest
  }
  return a < 0n === d < 0n ? a : -a
}
