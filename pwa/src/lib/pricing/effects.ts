// What an effect would do to the lines it may touch: the exact rest of each, in minor units, nothing changed yet.
//
// Benefits are compared and effects applied from the same answer. Twin: backend/pricing/rules_effects.py.
import type { BuyGet, Cut, Selector } from './campaigns.ts'
import { selects } from './conditions.ts'
import { floored, type Fraction, HUNDRED, ONE, rounded, share, sum, whole, ZERO } from './numbers.ts'
import type { Line } from './order.ts'
import { lesser } from './prices.ts'

/** What would be left of a line. */
export interface Rest {
  line: Line
  rest: Fraction
}

/** An amount of the promotion's currency in minor units of the order's, exactly. */
export type Money = (amount: Fraction) => Fraction

/** Base units of each line (by its place in the order) that no buy_get has used yet. */
export type Pieces = ReadonlyMap<number, Fraction>

/** All pieces of these lines. */
export const allPieces = (lines: readonly Line[]): Pieces => new Map(lines.map((line) => [line.seq, line.base]))

const without = (pieces: Pieces, picked: Pieces, times = 1n): Pieces =>
  new Map([...pieces, ...[...picked].map(([seq, qty]): [number, Fraction] => [seq, pieces.get(seq)!.sub(qty.mul(whole(times)))])])

/** What an effect takes off, in minor units. */
export const benefit = (rests: readonly Rest[]): bigint => sum(rests.map(({ line, rest }) => line.remaining - landed(rest)))

/** R3, and never past zero. */
function landed(rest: Fraction): bigint {
  const value = rounded(rest)
  return value > 0n ? value : 0n
}

/** The rests of the touched lines of a percent, amount or price effect. */
export function restsOf(effect: Cut, lines: readonly Line[], money: Money): Rest[] {
  if (effect.kind === 'price') return lines.map((line) => ({ line, rest: priced(effect, line, money) }))
  if (effect.kind === 'amount' && effect.per === 'order') return spread(effect, lines, money)
  const rests = lines.map((line) => ({ line, rest: whole(line.remaining).sub(capped(effect, off(effect, line, money), money)) }))
  return effect.capTotal === null ? rests : within(rests, money(effect.capTotal))
}

function off(effect: Cut, line: Line, money: Money): Fraction {
  if (effect.kind === 'amount' && effect.per === 'line') return money(effect.value)
  const all =
    effect.kind === 'percent'
      ? effect.value.mul(whole(effect.original ? line.gross : line.remaining)).div(HUNDRED)
      : money(effect.value).mul(effect.perLineUnit ? line.qty : line.base)
  return effect.maxQty === null ? all : all.mul(lesser(ONE, effect.maxQty.div(line.base)))
}

const capped = (effect: Cut, amount: Fraction, money: Money): Fraction =>
  effect.cap === null ? amount : lesser(amount, money(effect.cap))

function priced(effect: Cut, line: Line, money: Money): Fraction {
  const wanted = money(effect.value).mul(effect.perLineUnit ? line.qty : line.base)
  const less = whole(effect.original ? line.gross : line.remaining).sub(wanted)
  return less.n < 0n && !effect.mayRaise ? whole(line.remaining) : whole(line.remaining).sub(less)
}

/** An amount for the whole order, shared over the lines by what they come to. */
function spread(effect: Cut, lines: readonly Line[], money: Money): Rest[] {
  const cap = effect.cap === null ? null : rounded(money(effect.cap))
  const limits = lines.map((line) => (cap !== null && cap < line.remaining ? cap : line.remaining))
  const weights = lines.map((line) => (effect.original ? line.gross : line.remaining))
  const parts = share(rounded(money(effect.value)), weights, limits)
  return lines.map((line, i) => ({ line, rest: whole(line.remaining - parts[i]!) }))
}

/** The same discounts, cut to a total in proportion where they come to more. */
function within(rests: Rest[], most: Fraction): Rest[] {
  const offs = rests.map(({ line, rest }) => line.remaining - landed(rest))
  const parts = share(rounded(most), offs, offs)
  return rests.map(({ line }, i) => ({ line, rest: whole(line.remaining - parts[i]!) }))
}

/**
 * The dearest matching pieces are bought, then the cheapest (or dearest) of the rest get the discount, and again. Gives the
 * rests and the pieces left; no rest where there are too few pieces.
 */
export function buyGet(effect: BuyGet, match: Selector, lines: readonly Line[], free: Pieces): { rests: Rest[]; pieces: Pieces } {
  let pieces = free
  const got = new Map<number, Fraction>()
  const buys = byPrice(lines.filter((line) => selects(effect.buyMatch ?? match, line)), true)
  const gets = byPrice(lines.filter((line) => selects(effect.getMatch ?? match, line)), effect.dearest)
  let left = effect.maxTimes
  while (left === null || left > 0n) {
    const first = pick(buys, effect.buyQty, pieces)
    const given = first && pick(gets, effect.qty, without(pieces, first))
    if (!first || !given) break
    const picked = new Map(first)
    for (const [seq, qty] of given) picked.set(seq, (picked.get(seq) ?? ZERO).add(qty))
    const times = repeats(picked, pieces, left) // once where a line is used up
    pieces = without(pieces, picked, times)
    for (const [seq, qty] of given) got.set(seq, (got.get(seq) ?? ZERO).add(qty.mul(whole(times))))
    left = left === null ? null : left - times
  }
  const part = effect.percent.div(HUNDRED)
  const rests: Rest[] = []
  for (const line of lines) {
    const qty = got.get(line.seq)
    if (qty) rests.push({ line, rest: whole(line.remaining).mul(ONE.sub(qty.div(line.base).mul(part))) })
  }
  return { rests, pieces }
}

/** By list price per base unit; the earlier line first where they cost the same. */
function byPrice(lines: readonly Line[], dearest: boolean): Line[] {
  const priced = lines.map((line) => ({ line, price: line.unitPrice.div(line.factor) }))
  return priced.sort((a, b) => (dearest ? b.price.compare(a.price) : a.price.compare(b.price))).map(({ line }) => line)
}

/** So many pieces off the front of the lines; null when there are not enough. */
function pick(lines: readonly Line[], qty: Fraction, pieces: Pieces): Map<number, Fraction> | null {
  const picked = new Map<number, Fraction>()
  let wanted = qty
  for (const line of lines) {
    const part = lesser(wanted, pieces.get(line.seq)!)
    if (part.n <= 0n) continue
    picked.set(line.seq, part)
    wanted = wanted.sub(part)
  }
  return wanted.n === 0n ? picked : null
}

/** How often the very same picking can be done in a row: many pieces of a line take one step, not thousands. */
function repeats(picked: Pieces, pieces: Pieces, left: bigint | null): bigint {
  const often = [...picked].map(([seq, qty]) => floored(pieces.get(seq)!.div(qty)))
  return [...often, ...(left === null ? [] : [left])].reduce((a, b) => (b < a ? b : a))
}

