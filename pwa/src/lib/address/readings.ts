// Third step of the Vietnamese address parser: combine windows into whole readings of either style, with a score.
// The twin of backend/geo/address_vi_readings.py. Old style is ward, district, province of the 63; new style is ward,
// province of the 34. Both are always tried. Readings come in the office's order: equals are told apart by it.
import { DISTRICT_LABELS, isDigits, TOWNLET, WARD_LABELS } from './text.ts'
import type { Index, Unit, Units } from './units.ts'
import { found, type Hit, type Scan, type Window } from './windows.ts'

/** An old ward written without its district. */
const NO_DISTRICT = 1.5
/** An old district under the name of the merged province. */
const SIBLING = 1.0
/** Most readings worth comparing when the province is missing. */
const LOOSE = 12

/** One way to read the text. `news`: the new wards it may lie in, the likeliest first. */
export interface Reading {
  style: '' | 'old' | 'new'
  score: number
  p63: Unit | null
  p34: string
  district: Unit | null
  ward: Unit | null
  news: readonly string[]
  lost: number
  /** How well the ward itself is spelt and placed. */
  trust: number
}

const reading = (style: Reading['style'], score: number, p63: Unit | null, p34: string, more: Partial<Reading> = {}): Reading => ({ style, score, p63, p34, district: null, ward: null, news: [], lost: 0, trust: 0, ...more })

const apart = (a: Window, b: Window): boolean => a.right <= b.left || b.right <= a.left

/** Small before large is how addresses are written; side by side is a good sign. */
function order(inner: Window, outer: Window): number {
  if (inner.left >= outer.right) return -1
  return inner.right === outer.left ? 0.4 : 0
}

const best = (hits: readonly Hit[], most: number): Hit[] => [...hits].sort((a, b) => b[2] - a[2]).slice(0, most)

/** What labels that no part of the reading accounts for take away. */
function unexplained(scan: Scan, style: Reading['style'], ...used: (Window | null)[]): number {
  let lost = 0
  for (const [left, kind] of scan.labelled) {
    if (used.some((window) => window && window.left <= left && left < window.right)) continue
    if (DISTRICT_LABELS.has(kind)) lost += style === 'new' ? 2.5 : 1.2
    else if (WARD_LABELS.has(kind)) lost += kind === TOWNLET && style === 'new' ? 2 : 1
  }
  return lost
}

/** Reads one scanned text; `fuzzy` admits near spellings, but only inside the parent that was found. */
export class Reader {
  private readonly scan: Scan
  private readonly units: Units
  private readonly fuzzy: boolean

  constructor(scan: Scan, units: Units, fuzzy: boolean) {
    this.scan = scan
    this.units = units
    this.fuzzy = fuzzy
  }

  private find(index: Index | undefined, around: readonly Window[] = [], fuzzy = true): Hit[] {
    if (!index?.size) return []
    return found(this.scan, index, fuzzy && this.fuzzy).filter(([hit]) => around.every((window) => apart(hit, window)))
  }

  *all(): Generator<Reading> {
    const provinces = this.provinces()
    for (const [window, province, score] of provinces) {
      yield reading('', score - unexplained(this.scan, '', window), province, province.links[0]!)
      yield* this.old(window, province, score)
      yield* this.new(window, province, score)
    }
    if (!provinces.some(([window, province, score]) => score >= 3.4 && (window.label === '' || window.label === province.kind))) yield* this.withoutProvince()
  }

  private provinces(): Hit[] {
    const last = this.scan.words.length
    const hits = this.find(this.units.provincesByKey).map(([window, unit, score]): Hit => [window, unit, score + (window.right === last ? 0.5 : -0.3 * Math.min(5, last - window.right))])
    return best(hits.filter(([, , score]) => score > 1.5), 4)
  }

  /** Districts of the named province, and of those it merged with, left of the province's name. */
  private districts(window: Window, province: Unit): Hit[] {
    const hits: Hit[] = []
    for (const [code, sibling] of this.units.p63) {
      if (sibling.links[0] !== province.links[0]) continue
      const strange = code === province.code ? 0 : SIBLING
      for (const hit of this.find(this.units.districtsIn.get(code), [window], !strange)) hits.push([hit[0], hit[1], hit[2] + order(hit[0], window) - strange])
    }
    return best(hits, 4)
  }

  private *old(window: Window, province: Unit, score: number): Generator<Reading> {
    for (const hit of this.districts(window, province)) yield* this.inDistrict(hit, window, score)
    for (const [wardWindow, ward, trust] of best(this.find(this.units.oldIn.get(province.code), [window]), 4)) {
      const district = this.units.districts.get(ward.parent)!
      const missing = this.named(province) ? NO_DISTRICT : NO_DISTRICT / 2
      const lost = missing + unexplained(this.scan, 'old', window, wardWindow)
      yield reading('old', score + trust + order(wardWindow, window) - lost, province, province.links[0]!, { district, ward, news: ward.links, trust })
    }
  }

  private *inDistrict([window, district, districtScore]: Hit, outer: Window | null, score: number): Generator<Reading> {
    const province = this.units.p63.get(district.parent)!
    const around = outer ? [window, outer] : [window]
    const lost = unexplained(this.scan, 'old', ...around)
    yield reading('old', score + districtScore - lost, province, province.links[0]!, { district, news: district.links })
    for (const [wardWindow, ward, trust] of best(this.find(this.units.wardsIn.get(district.code), around), 3)) {
      const left = unexplained(this.scan, 'old', wardWindow, ...around)
      yield reading('old', score + districtScore + trust + order(wardWindow, window) - left, province, province.links[0]!, { district, ward, news: ward.links, trust })
    }
  }

  private *new(window: Window, province: Unit, score: number): Generator<Reading> {
    const merged = province.links[0]!
    const named = this.named(province)
    const districts = this.districts(window, province)
    for (const [wardWindow, ward, trust] of best(this.find(this.units.newIn.get(merged), [window]), 4)) {
      const came = ward.links.includes(province.code)
      let total = score + trust + order(wardWindow, window)
      if (!named) total -= came ? 0.4 : 1.5
      const helper = this.formerDistrict(ward, wardWindow, districts)
      // The ward's own name beside its former district is a sign; a near spelling of it there is not.
      if (helper) total += wardWindow.key === ward.key ? 1 : -1.5
      const lost = unexplained(this.scan, 'new', window, wardWindow, helper)
      total -= lost
      yield reading('new', total, !named && came ? province : null, merged, { ward, news: [ward.code], lost, trust })
    }
  }

  /** Whether one of the 34 still bears this name. */
  private named(province: Unit): boolean {
    return this.units.p34.get(province.links[0]!)!.name === province.name
  }

  /** A district named beside a new ward which really gave it some of its land ("Phường Sài Gòn, Quận 1"). */
  private formerDistrict(ward: Unit, window: Window, districts: readonly Hit[]): Window | null {
    for (const [hit, district] of districts) {
      if (!apart(hit, window)) continue
      for (const entries of this.units.wardsIn.get(district.code)?.values() ?? []) if (entries.some(([old]) => old.links.includes(ward.code))) return hit
    }
    return null
  }

  private *withoutProvince(): Generator<Reading> {
    for (const hit of best(this.find(this.units.districtsByKey, [], false), LOOSE)) yield* this.inDistrict(hit, null, 0)
    for (const [window, ward, trust] of best(this.find(this.units.newByKey, [], false), LOOSE)) {
      const lost = unexplained(this.scan, 'new', window)
      yield reading('new', trust - lost, null, ward.parent, { ward, news: [ward.code], lost, trust })
    }
    const lone = this.find(this.units.oldByKey, [], false).filter(([window]) => !isDigits(window.key))
    for (const [window, ward, trust] of best(lone, LOOSE)) {
      const district = this.units.districts.get(ward.parent)!
      const province = this.units.p63.get(district.parent)!
      yield reading('old', trust - NO_DISTRICT - unexplained(this.scan, 'old', window), province, province.links[0]!, { district, ward, news: ward.links, trust })
    }
  }
}
