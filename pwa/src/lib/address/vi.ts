// The Vietnamese address parser: chooses among the readings of a text, and says when it cannot.
// The twin of backend/geo/address_vi.py, proven equal by tests/geo/test_phone_parser.py. A reading is certain only when
// it beats every reading that would put the address elsewhere by MARGIN; otherwise a person chooses among candidates.
import { Reader, type Reading } from './readings.ts'
import { isAbroad, wordsOf } from './text.ts'
import { fullName, type Units } from './units.ts'
import { Scan } from './windows.ts'

const MARGIN = 1.0
const MOST_CANDIDATES = 8
/** A name inside other words, or two letters off, is never certain. */
const TRUST = 2.9
/** A district was written which the reading does not use: no certainty. */
const UNREAD = 2.0
/** Below this a "reading" is a coincidence. */
const GOOD_ENOUGH = 2.5

export type Style = 'old' | 'new'

/** One possible reading, for a person to choose from. Codes are those of the National Statistics Office. */
export interface Candidate {
  style: Style
  name: string
  province_63: string | null
  province_34: string | null
  ward_old: string | null
  ward_new: string | null
}

/** A read address: the fields of `Parsed` in backend/geo/address.py, and their meaning. */
export interface Parsed {
  style: Style
  province_63: string | null
  province_34: string | null
  district: string | null
  ward_old: string | null
  ward_new: string | null
  lat: number | null
  lon: number | null
  certain: boolean
  province_certain: boolean
  abroad: boolean
  candidates: Candidate[]
}

const nothing = (style: Style | null, abroad = false): Parsed => ({
  style: style ?? 'new', province_63: null, province_34: null, district: null, ward_old: null, ward_new: null, lat: null, lon: null, certain: false, province_certain: false, abroad, candidates: [],
})

/** Units of one address; never throws, whatever the text. */
export function parse(text: string, units: Units, style: Style | null = null): Parsed {
  const words = wordsOf(text)
  if (!words.length || isAbroad(words)) return nothing(style, words.length > 0)
  const scan = new Scan(words, units)
  let readings = ranked(new Reader(scan, units, false), style)
  const first = readings[0]
  if (!first || !first.ward || doubtful(first)) readings = ranked(new Reader(scan, units, true), style)
  return readings.length ? answer(readings, style, units) : nothing(style)
}

function ranked(reader: Reader, style: Style | null): Reading[] {
  const kept = [...reader.all()].filter((one) => one.score >= GOOD_ENOUGH && (!style || !one.style || one.style === style))
  return kept.sort((a, b) => b.score - a.score || b.news.length - a.news.length || byNews(a.news, b.news))
}

function byNews(a: readonly string[], b: readonly string[]): number {
  for (const [n, code] of a.entries()) if (code !== b[n]) return code < b[n]! ? -1 : 1
  return 0
}

/** Whether something in the text stayed unread, so that a typo is worth looking for. */
const doubtful = (best: Reading): boolean => best.lost >= MARGIN || best.score < (best.style === 'old' ? 9 : 8)

/** Whether two readings put the address into different places. */
function conflict(a: Reading, b: Reading): boolean {
  if (a.p34 !== b.p34) return true
  if (!a.ward || !b.ward) return b.ward !== null
  if (a.style === 'old' && b.style === 'old' && a.ward !== b.ward) return true
  return !a.news.some((code) => b.news.includes(code))
}

function answer(readings: readonly Reading[], style: Style | null, units: Units): Parsed {
  const best = readings[0]!
  const close = readings.filter((other) => best.score - other.score < MARGIN)
  const rivals = close.slice(1).filter((other) => conflict(best, other))
  const news = successors(best, readings)
  const p34 = close.every((other) => other.p34 === best.p34) ? best.p34 : null
  const olds = new Set(close.filter((other) => other.ward || other.style || !best.ward).map((other) => oldProvince(other, units)))
  const certain = best.ward !== null && !rivals.length && news.length === 1 && best.lost < UNREAD && best.trust >= TRUST
  const now = news.length && (best.ward || news.length === 1) ? units.wardsNew.get(news[0]!)! : null
  const old = best.style === 'old'
  return {
    style: old ? 'old' : (style ?? 'new'),
    province_63: olds.size === 1 && p34 ? [...olds][0]! : null,
    province_34: p34,
    district: best.district && p34 ? best.district.code : null,
    ward_old: best.ward && old ? best.ward.code : null,
    ward_new: now?.code ?? null,
    lat: now?.lat ?? null,
    lon: now?.lon ?? null,
    certain,
    province_certain: p34 !== null,
    abroad: false,
    candidates: certain ? [] : candidates([best, ...rivals], news, units),
  }
}

/** The new wards of the best reading; a new ward written beside a split old one settles which it is. */
function successors(best: Reading, readings: readonly Reading[]): readonly string[] {
  if (best.news.length === 1 || !best.ward) return best.news
  for (const other of readings) {
    const said = other.style === 'new' && other.score > best.score - 6 ? other.ward : null
    if (said && best.news.includes(said.code) && said.tone !== best.ward.tone) return other.news
  }
  return best.news
}

function oldProvince(reading: Reading, units: Units): string | null {
  if (reading.style === 'old' && reading.p63) return reading.p63.code
  if (reading.ward) {
    if (reading.p63) return reading.p63.code
    return reading.ward.links.length === 1 ? reading.ward.links[0]! : null
  }
  if (!reading.p63) return null
  let merged = 0
  for (const unit of units.p63.values()) if (unit.links[0] === reading.p34) merged += 1
  return merged > 1 && units.p34.get(reading.p34)!.name === reading.p63.name ? null : reading.p63.code
}

function candidates(readings: readonly Reading[], news: readonly string[], units: Units): Candidate[] {
  const unique = new Map<string, Candidate>()
  for (const [n, reading] of readings.entries()) {
    const targets = n === 0 ? news : reading.news
    for (const code of targets.length ? targets : ['']) {
      const one: Candidate = {
        style: reading.style || 'new',
        name: nameOf(reading, code, units),
        province_63: oldProvince(reading, units),
        province_34: reading.p34,
        ward_old: reading.ward && reading.style === 'old' ? reading.ward.code : null,
        ward_new: reading.ward && units.wardsNew.has(code) ? code : null,
      }
      const key = JSON.stringify(one)
      if (!unique.has(key)) unique.set(key, one)
    }
  }
  return unique.size > 1 || readings[0]!.ward ? [...unique.values()].slice(0, MOST_CANDIDATES) : []
}

function nameOf(reading: Reading, code: string, units: Units): string {
  const parts = reading.ward ? [fullName(reading.ward)] : []
  if (reading.style === 'old') {
    if (reading.district) parts.push(fullName(reading.district))
    if (reading.p63) parts.push(fullName(reading.p63))
    const now = reading.ward ? units.wardsNew.get(code) : undefined
    if (now) parts[parts.length - 1] += ` → ${fullName(now)}`
  } else parts.push(fullName(units.p34.get(reading.p34)!))
  return parts.join(', ')
}
