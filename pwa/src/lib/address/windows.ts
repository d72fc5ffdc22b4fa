// Second step of the Vietnamese address parser: runs of words that could name a unit, with their label and place.
// The twin of backend/geo/address_vi_windows.py. A window's `place` is the part of the score that does not depend on the
// unit: a whole comma segment is worth something, words after a house number or "đường" are most likely a street.
import { AFTER, CITY, DISTRICT_LABELS, isDigits, LABELS_1, LABELS_2, PROVINCE, size, startsWithDigit, STREET_WORDS, WARD_LABELS, type Word } from './text.ts'
import type { Entry, Index, Unit, Units } from './units.ts'

const LONGEST_NAME = 6
const NAME = 3.0
/** In the middle of other words, without a label; twice that where commas are used. */
const INSIDE = -0.8
/** What one wrong letter costs. */
const EDIT = 1.2
/** Keys this short are only believed as a whole segment or behind a label. */
const ABBREVIATIONS = 4
/** Near spellings of one phrase that are looked at. */
const MOST_NEAR = 4

/** Words [start, end) that spell `key`; the label stands in [left, start), or behind in [end, right). */
export interface Window {
  start: number
  end: number
  left: number
  right: number
  key: string
  tone: string
  label: string
  place: number
}
export type Hit = readonly [window: Window, unit: Unit, score: number]
type Near = readonly [phrase: Window, entry: Entry, edits: number]

/** Everything the readings need to know about one text. */
export class Scan {
  readonly words: readonly Word[]
  readonly units: Units
  readonly labels: readonly (readonly [left: number, kind: string])[]
  readonly accented: boolean
  /** Where labels of wards and districts begin, in order of place. */
  readonly labelled: readonly (readonly [left: number, kind: string])[]
  readonly commas: boolean
  readonly windows: readonly Window[]
  /** Near spellings already looked for, by index. */
  readonly near = new Map<Index, Near[]>()
  private readonly starts: ReadonlySet<number>
  private kept: Window[] | null = null

  constructor(words: readonly Word[], units: Units) {
    this.words = words
    this.units = units
    this.labels = words.map((_, start) => labelBefore(words, start))
    this.accented = words.some((word) => word.accented)
    const kinds = new Map(this.labels.filter(([, kind]) => WARD_LABELS.has(kind) || DISTRICT_LABELS.has(kind)))
    this.labelled = [...kinds].sort(([a], [b]) => a - b)
    this.commas = words.length > 0 && words[0]!.block !== words.at(-1)!.block
    this.windows = this.known()
    this.starts = new Set([...this.windows.map((window) => window.left), ...this.labels.filter(([, kind]) => kind).map(([left]) => left)])
    for (const window of this.windows) window.place -= this.torn(window)
  }

  /** All runs of words that spell a name in the tables. */
  private known(): Window[] {
    const { words } = this
    const windows: Window[] = []
    for (const [start, first] of words.entries()) {
      let key = ''
      for (let end = start + 1; end <= Math.min(words.length, start + LONGEST_NAME); end++) {
        const word = words[end - 1]!
        if (word.block !== first.block) break
        key += word.text
        if (this.units.keys.has(key)) {
          const window = this.window(start, end, key)
          if (window.label || !(isDigits(key) || (size(key) < ABBREVIATIONS && window.place < 0))) windows.push(window)
        }
      }
    }
    return windows
  }

  /** Labelled or separate runs of words that are no known name: where a typo may hide. Made when first needed. */
  phrases(): Window[] {
    if (this.kept) return this.kept
    const { words } = this
    const found: Window[] = []
    for (const [start, first] of words.entries()) {
      const opens = start === 0 || words[start - 1]!.segment !== first.segment
      if (!(this.labels[start]![1] || opens) || startsWithDigit(first.text)) continue
      let key = ''
      for (let end = start + 1; end <= Math.min(words.length, start + 4); end++) {
        if (words[end - 1]!.segment !== first.segment) break
        key += words[end - 1]!.text
        if (size(key) > ABBREVIATIONS && !this.units.keys.has(key)) {
          const window = this.window(start, end, key)
          window.place -= this.torn(window)
          if (window.label || window.place >= 0) found.push(window)
        }
      }
    }
    return (this.kept = found)
  }

  /** What it costs to stop inside a segment where no other name begins ("Hòa Hiệp" of "Hòa Hiệp Bắc"). */
  private torn({ right }: Window): number {
    const { words } = this
    return right === words.length || words[right]!.segment !== words[right - 1]!.segment || this.starts.has(right) ? 0 : 1.5
  }

  private window(start: number, end: number, key: string): Window {
    const { words } = this
    let [left, label] = this.labels[start]!
    let right = end
    const behind = end < words.length && words[end]!.segment === words[start]!.segment && !label ? AFTER.get(words[end]!.text) : undefined
    if (behind) {
      label = behind
      right = end + 1
    }
    const opens = left === 0 || words[left - 1]!.segment !== words[left]!.segment
    const closes = right === words.length || words[right]!.segment !== words[right - 1]!.segment
    let place = placeOf(opens, closes, label, opens ? '' : words[left - 1]!.text)
    if (place === INSIDE && this.commas) place = 2 * INSIDE
    return { start, end, left, right, key, tone: words.slice(start, end).map((word) => word.tone).join(''), label, place }
  }
}

/** What the place of a window in its segment is worth. */
function placeOf(opens: boolean, closes: boolean, label: string, before: string): number {
  if (opens && closes) return 0.6
  if (label) return 0
  if (STREET_WORDS.has(before)) return -3
  if (startsWithDigit(before)) return -2
  return opens ? 0 : INSIDE
}

/** [where the label begins, its kind] for a name starting at `start`; [start, ""] without one. */
function labelBefore(words: readonly Word[], start: number): readonly [number, string] {
  const before = words[start - 1]
  if (!before || before.block !== words[start]!.block) return [start, '']
  let kind = start > 1 ? (LABELS_2.get(`${words[start - 2]!.text} ${before.text}`) ?? '') : ''
  let size = 2
  if (!kind) {
    kind = LABELS_1.get(before.text) ?? ''
    size = 1
  }
  if (!kind) return [start, '']
  let left = start - size
  const doubled = left > 0 && kind !== PROVINCE && words[left - 1]!.block === words[left]!.block
  if (doubled && LABELS_1.get(words[left - 1]!.text) === kind) left -= 1
  return [left, kind]
}

/** How well a window names a unit: label agreement, accents, place. Below zero means "no". */
function fit(window: Window, unit: Unit, alias: boolean, accented: boolean): number {
  let score = NAME + window.place
  if (window.label) score += labelFit(window.label, unit, alias)
  if (alias) score -= 0.3
  else if (accented && !isDigits(window.key) && window.tone !== window.key) score += window.tone === unit.tone ? 0.5 : -0.9
  return score
}

function labelFit(label: string, unit: Unit, alias: boolean): number {
  if (label === unit.kind) return 1
  if (unit.level === 'ward_old' || unit.level === 'ward_new') {
    if (!WARD_LABELS.has(label)) return -4
    return alias ? 0.2 : -0.7
  }
  if (unit.level === 'district') {
    if (WARD_LABELS.has(label) || label === PROVINCE) return -4
    return alias ? 0.5 : -0.5
  }
  return label === CITY || label === PROVINCE ? -0.7 : -4
}

/** Every (window, unit, score) of the index in the text; with `fuzzy` also near spellings. */
export function found(scan: Scan, index: Index, fuzzy: boolean): Hit[] {
  const hits: Hit[] = []
  for (const window of scan.windows) {
    for (const [unit, alias] of index.get(window.key) ?? []) hits.push([window, unit, fit(window, unit, alias, scan.accented)])
  }
  if (fuzzy) hits.push(...near(scan, index))
  return hits.filter(([, , score]) => score >= 2)
}

/** Names one or two letters away; two only in long names. */
function near(scan: Scan, index: Index): Hit[] {
  let cached = scan.near.get(index)
  if (!cached) {
    cached = []
    const keys = longKeys(index)
    for (const phrase of scan.phrases()) {
      for (const [key, edits] of nearest(phrase.key, keys, size(phrase.key) > 7 ? 2 : 1)) for (const entry of index.get(key)!) cached.push([phrase, entry, edits])
    }
    scan.near.set(index, cached)
  }
  return cached.map(([phrase, [unit, alias], edits]) => [phrase, unit, fit(phrase, unit, false, false) - EDIT * edits - (alias ? 0.3 : 0)])
}

const long = new WeakMap<Index, string[]>()

/** The keys of an index a typo can be near to. */
function longKeys(index: Index): string[] {
  let found = long.get(index)
  if (!found) long.set(index, (found = [...index.keys()].filter((key) => size(key) > ABBREVIATIONS)))
  return found
}

/** The nearest keys within `most` edits, the nearest first, equals in their order: rapidfuzz's `process.extract`. */
export function nearest(text: string, keys: readonly string[], most: number): [string, number][] {
  const close: [string, number][] = []
  const written = codes(text)
  for (const key of keys) {
    const edits = distance(written, codesOf(key), most)
    if (edits <= most) close.push([key, edits])
  }
  return close.sort(([, a], [, b]) => a - b).slice(0, MOST_NEAR)
}

// Distances are asked thousands of times a text: rows of numbers made once, code units where they are code points.
const astral = (text: string): boolean => /[\ud800-\udfff]/.test(text)
const codes = (text: string): Int32Array => (astral(text) ? Int32Array.from([...text], (one) => one.codePointAt(0)!) : Int32Array.from({ length: text.length }, (_, n) => text.charCodeAt(n)))
const coded = new Map<string, Int32Array>()
let rows = [new Int32Array(64), new Int32Array(64), new Int32Array(64)] as const

function codesOf(key: string): Int32Array {
  let found = coded.get(key)
  if (!found) coded.set(key, (found = codes(key)))
  return found
}

/** Optimal string alignment distance (insert, delete, replace, swap of neighbours), `most` + 1 when it is farther. */
export const osa = (one: string, other: string, most: number): number => distance(codes(one), codes(other), most)

function distance(a: Int32Array, b: Int32Array, most: number): number {
  const far = most + 1
  const [long, wide] = [a.length, b.length]
  if (Math.abs(long - wide) > most) return far
  if (wide >= rows[0].length) rows = [new Int32Array(2 * wide), new Int32Array(2 * wide), new Int32Array(2 * wide)]
  let [before, above, row] = rows as readonly [Int32Array, Int32Array, Int32Array]
  for (let j = 0; j <= wide; j++) above[j] = j
  let reach = 0
  for (let i = 1; i <= long; i++) {
    row[0] = i
    let least = i
    // Outside a band of `most` around the diagonal nothing is near enough.
    const first = Math.max(1, i - most)
    const last = Math.min(wide, i + most)
    if (first > 1) row[first - 1] = far
    for (let j = first; j <= last; j++) {
      const same = a[i - 1] === b[j - 1]
      let value = Math.min((j > i - 1 + most ? far : above[j]!) + 1, row[j - 1]! + 1, above[j - 1]! + (same ? 0 : 1))
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) value = Math.min(value, before[j - 2]! + 1)
      row[j] = value
      if (value < least) least = value
    }
    // Two rows beyond reach stay beyond it: a swap looks one row further back, no more.
    if (least > most && reach > most) return far
    reach = least
    ;[before, above, row] = [above, row, before]
  }
  return Math.min(above[wide]!, far)
}
