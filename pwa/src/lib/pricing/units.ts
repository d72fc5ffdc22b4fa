// Units of an item: exact conversion between packagings. Twin: backend/catalog/units.py.
//
// A packaging holds num/den base units. Nothing is ever rounded: a quantity that is no whole number of 10^-6 in the unit
// asked for is refused.
import { dec, Fraction, isWhole, ONE } from './numbers.ts'
import { PriceRefusal, refusalOr } from './refusal.ts'
import { isObject, own, type Raw } from './shapes.ts'

/** How many base units one of it holds, and whether it is only sold whole. */
export interface Packaging {
  factor: Fraction
  whole: boolean
}

/** All units of one item. `base` null: any unit that is not a packaging is taken for the base unit. */
export interface Units {
  base: string | null
  whole: boolean
  packagings: Map<string, Packaging>
}

const MICRO = new Fraction(1_000_000n)
const malformed = () => new PriceRefusal('packaging-malformed')

/** The packaging of a unit; the base unit is a packaging of one. Refuses `unit-unknown`. */
export function packagingOf(units: Units, unit: string): Packaging {
  const found = units.packagings.get(unit)
  if (found && unit !== units.base) return found
  if (units.base !== null && units.base !== unit) throw new PriceRefusal('unit-unknown', { unit })
  return { factor: ONE, whole: units.whole }
}

/** A quantity of `unit` in base units. Refuses `unit-unknown`, `quantity-fraction` and `quantity-inexact`. */
export const inBase = (units: Units, unit: string, qty: Fraction): Fraction =>
  storable(emptied(units, unit, qty), units.whole, units.base ?? '')

/** A quantity of `source` in `target`, exactly; the same refusals, on either side. */
export function convert(units: Units, qty: Fraction, source: string, target: string): Fraction {
  if (units.base === null && source !== target && !units.packagings.has(source) && !units.packagings.has(target))
    throw new PriceRefusal('unit-unknown', { unit: source })
  const into = packagingOf(units, target)
  return storable(emptied(units, source, qty).div(into.factor), into.whole, target)
}

function emptied(units: Units, unit: string, qty: Fraction): Fraction {
  const packaging = packagingOf(units, unit)
  if (packaging.whole && !isWhole(qty)) throw new PriceRefusal('quantity-fraction', { unit })
  return qty.mul(packaging.factor)
}

function storable(qty: Fraction, wholeOnly: boolean, unit: string): Fraction {
  if (!isWhole(qty.mul(MICRO))) throw new PriceRefusal('quantity-inexact', { unit })
  if (wholeOnly && !isWhole(qty)) throw new PriceRefusal('quantity-fraction', { unit })
  return qty
}

/** The units of an item as the wire writes them; `packagings` replaces the item's own unless it is absent. */
export function readUnits(item: unknown, packagings?: unknown): Units {
  const facts: Raw = isObject(item) ? item : {}
  const base = own(facts, 'base_unit')
  const raw = packagings ?? own(facts, 'packagings') ?? {}
  const pairs = Array.isArray(raw) ? raw.map(named) : isObject(raw) ? Object.entries(raw) : fail()
  const read = new Map<string, Packaging>()
  let unreadable: PriceRefusal | null = null
  for (const [unit, one] of pairs) {
    const found = refusalOr(() => packaging(one))
    if (!(found instanceof PriceRefusal)) read.set(unit, found)
    else if (found.code === 'not-a-number') unreadable = found // told last: members come in another order than at the office
    else throw found
  }
  if (unreadable) throw unreadable
  return { base: typeof base === 'string' ? base : null, whole: own(facts, 'whole_units') === true, packagings: read }
}

function named(one: unknown): [string, unknown] {
  const unit = isObject(one) ? own(one, 'unit') : null
  return typeof unit === 'string' ? [unit, one] : fail()
}

function fail(): never {
  throw malformed()
}

function packaging(raw: unknown): Packaging {
  let factor: Fraction
  if (typeof raw === 'string') factor = dec(raw)
  else if (isObject(raw)) {
    const den = factorNumber(own(raw, 'den') ?? '1')
    if (den.n <= 0n) throw malformed()
    factor = factorNumber(own(raw, 'num')).div(den)
  } else throw malformed()
  if (factor.n <= 0n) throw malformed()
  return { factor, whole: isObject(raw) && own(raw, 'whole_units') === true }
}

function factorNumber(raw: unknown): Fraction {
  if (typeof raw === 'string') return dec(raw)
  if (typeof raw === 'number' && Number.isSafeInteger(raw)) return new Fraction(BigInt(raw))
  throw malformed()
}
