// Promotions of an order: who may act, on which lines, in which order. Twin: backend/pricing/rules_promotions.py.
//
// Line stage: all who may act are chosen on the state before the stage, line by line, then act in order. Order stage: one
// after the other, each on what the others left.
import type { Promotion } from './campaigns.ts'
import { bought } from './conditions.ts'
import { allPieces, benefit, buyGet, type Pieces, type Rest, restsOf } from './effects.ts'
import { addGift, giftTimes, giftValue } from './gifts.ts'
import { type Fraction, total, whole, ZERO } from './numbers.ts'
import type { Line, Order } from './order.ts'
import { eligible, type Hit, touched } from './thresholds.ts'

/** A promotion that may act in the line stage, with what it would take off each line it reaches. */
interface Entry {
  promotion: Promotion
  hits: Hit[]
  benefits: Map<number, Fraction>
}

interface Rival {
  promotion: Promotion
  gain: Fraction
}

/** Applies the book's promotions: the line stage, then the order stage. */
export function promote(order: Order): void {
  const { promotions } = order.book
  if (!promotions.length) return
  const pieces = lineStage(order, promotions.filter((one) => !one.orderStage), allPieces(bought(order)))
  orderStage(order, promotions.filter((one) => one.orderStage), pieces)
}

function lineStage(order: Order, promotions: Promotion[], free: Pieces): Pieces {
  let pieces = free
  const pool = bought(order)
  const entries: Entry[] = []
  for (const promotion of promotions) {
    const hits = lookedAt(order, promotion, pool)
    if (hits) entries.push({ promotion, hits, benefits: benefitsOf(order, promotion, hits, pool, pieces) })
  }
  const allowed = new Map<Entry, Set<Line>>(entries.map((entry) => [entry, new Set()]))
  for (const line of pool)
    for (const entry of actors(order, line, entries.filter(({ benefits }) => benefits.has(line.seq)))) allowed.get(entry)!.add(line)
  for (const entry of entries) {
    const lines = [...allowed.get(entry)!]
    if (lines.length) pieces = act(order, entry.promotion, entry.hits, lines, pieces)
  }
  return pieces
}

/** Who may act on a line: the best exclusive one alone, else one of each group and all without a group. */
function actors(order: Order, line: Line, entries: Entry[]): Entry[] {
  const gain = (entry: Entry): Fraction => entry.benefits.get(line.seq)!
  const alone = entries.filter(({ promotion }) => promotion.exclusive)
  if (alone.length) {
    const best = alone.reduce((a, b) => (a.promotion.priority - b.promotion.priority || gain(a).compare(gain(b))) >= 0 ? a : b)
    for (const entry of entries)
      if (entry !== best) order.trace.push({ code: 'exclusive', line: line.name, promotion: entry.promotion.id })
    return [best]
  }
  return entries.filter((entry) => {
    const { group } = entry.promotion
    if (group === null) return true
    const rivals = entries.filter(({ promotion }) => promotion.group === group)
    const won = winner(order, group, rivals.map((one) => ({ promotion: one.promotion, gain: gain(one) })))
    if (won !== entry.promotion) order.trace.push({ code: `group:${group}`, line: line.name, promotion: entry.promotion.id })
    return won === entry.promotion
  })
}

function orderStage(order: Order, promotions: Promotion[], free: Pieces): void {
  let pieces = free
  let stopped = false
  const winners = new Map<string, Promotion>()
  for (const promotion of promotions) {
    const { id, group } = promotion
    if (stopped) {
      order.trace.push({ code: 'exclusive', promotion: id })
      continue
    }
    const pool = bought(order)
    const hits = lookedAt(order, promotion, pool)
    if (!hits) continue
    if (group !== null) {
      if (!winners.has(group)) winners.set(group, bestNow(order, group, promotions, pool, pieces))
      if (winners.get(group) !== promotion) {
        order.trace.push({ code: `group:${group}`, promotion: id })
        continue
      }
    }
    pieces = act(order, promotion, hits, pool, pieces)
    stopped = promotion.exclusive
  }
}

/** Which promotion of a group wins on what is left now. */
function bestNow(order: Order, group: string, promotions: Promotion[], pool: Line[], pieces: Pieces): Promotion {
  const ready: Rival[] = []
  for (const promotion of promotions.filter((one) => one.group === group)) {
    const found = eligible(order, promotion, pool)
    if ('hits' in found)
      ready.push({ promotion, gain: total([...benefitsOf(order, promotion, found.hits, pool, pieces).values()]) })
  }
  return winner(order, group, ready)
}

/**
 * Largest benefit, then priority, then id; in a `priority` group priority and how closely it is meant come first. Rivals come
 * by id within a priority, and the first of equals wins.
 */
function winner(order: Order, group: string, rivals: Rival[]): Promotion {
  const byPriority = order.book.picksByPriority(group)
  const compare = (a: Rival, b: Rival): number => {
    const priority = a.promotion.priority - b.promotion.priority
    if (!byPriority) return a.gain.compare(b.gain) || priority
    return (
      priority ||
      a.promotion.itemRank - b.promotion.itemRank ||
      a.promotion.customerRank - b.promotion.customerRank ||
      a.gain.compare(b.gain)
    )
  }
  return rivals.reduce((a, b) => (compare(a, b) >= 0 ? a : b)).promotion
}

/** Where a promotion hits, its refusals noted in the trace; null where it does not. */
function lookedAt(order: Order, promotion: Promotion, pool: Line[]): Hit[] | null {
  const found = eligible(order, promotion, pool)
  if ('code' in found) {
    order.trace.push({ code: found.code, promotion: promotion.id, ...found.numbers })
    return null
  }
  if (found.nextTier) order.trace.push({ code: 'tier', promotion: promotion.id, ...found.nextTier })
  return found.hits
}

/** What a promotion alone would take off each line it reaches, minor units; a gift is shared by quantity over its lines. */
function benefitsOf(order: Order, promotion: Promotion, hits: Hit[], pool: Line[], pieces: Pieces): Map<number, Fraction> {
  const found = new Map<number, Fraction>()
  const add = (line: Line, gain: Fraction): void => void found.set(line.seq, (found.get(line.seq) ?? ZERO).add(gain))
  for (const hit of hits) {
    const { effect, lines } = hit
    if (effect.kind === 'gift') {
      const worth = giftValue(order, effect).mul(whole(giftTimes(effect, lines)))
      const pieceCount = total(lines.map((line) => line.base))
      for (const line of lines) add(line, worth.mul(line.base).div(pieceCount))
      continue
    }
    let rests: Rest[]
    if (effect.kind === 'buy_get') {
      for (const line of lines) add(line, ZERO)
      rests = buyGet(effect, promotion.match, pool, pieces).rests
    } else rests = restsOf(effect, touched(effect, hit, pool), hit.money)
    for (const one of rests) add(one.line, whole(benefit([one])))
  }
  return found
}

/** Lets a promotion act on the lines it may touch; gives the pieces that are left for other buy_get promotions. */
function act(order: Order, promotion: Promotion, hits: Hit[], lines: Line[], free: Pieces): Pieces {
  let pieces = free
  const mine = new Set(lines)
  for (const hit of hits) {
    const { effect } = hit
    let rests: Rest[] = []
    if (effect.kind === 'gift') {
      const earning = hit.lines.filter((line) => mine.has(line))
      if (earning.length) addGift(order, promotion, effect, earning, hit.money)
    } else if (effect.kind === 'buy_get') {
      ;({ rests, pieces } = buyGet(effect, promotion.match, lines, pieces))
      if (!rests.length) order.trace.push({ code: 'buy_get', promotion: promotion.id })
    } else rests = restsOf(effect, touched(effect, hit, lines).filter((line) => mine.has(line)), hit.money)
    for (const { line, rest } of rests) line.leftWith(rest, promotion.id)
  }
  return pieces
}
