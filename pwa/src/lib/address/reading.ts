// What a parsed address says in words, and where it would stand: what the lead form shows. Pure.
import { metres } from '../geo.ts'
import { fullName, type Unit, type Units } from './units.ts'
import { parse, type Candidate, type Parsed } from './vi.ts'

/** The centre of a ward with the radius that holds the address nine times out of ten: a circle, never a door. */
export interface Centre {
  lat: number
  lon: number
  accuracy_m: number
}

/** A candidate to choose, with its two names told apart. */
export interface Choice {
  /** "Phường Thành Công, Quận Ba Đình, Thành phố Hà Nội", or null when only the new form is meant. */
  before: string | null
  /** "Phường Ô Chợ Dừa, Thành phố Hà Nội". */
  now: string | null
  candidate: Candidate
}

/** A reading for the screen. */
export interface Read {
  /** What was read. */
  text: string
  parsed: Parsed
  /** How far down the text could be read. */
  depth: 'ward' | 'district' | 'province' | 'none'
  /** Old names as written before 2025-07-01 (ward, district, province), null when the text is of the new style. */
  before: string | null
  /** Today's names (ward, province). */
  now: string | null
  centre: Centre | null
  choices: Choice[]
}

/** A ward's name on the map, to find one's way by where there are no tiles. */
export interface Label {
  name: string
  lat: number
  lon: number
}

/** Python's `round`: halves go to the even number. */
const rounded = (value: number): number => (Math.abs(value % 1) === 0.5 ? 2 * Math.round(value / 2) : Math.round(value))

/** The ward's centre; 1.3 radii of a circle with the ward's area, at least 300 m: backend/geo/assigning.py `centroid`. */
export function centreOf(parsed: Parsed, units: Units): Centre | null {
  const ward = parsed.ward_new && parsed.province_certain ? units.wardsNew.get(parsed.ward_new) : undefined
  return ward ? { lat: ward.lat, lon: ward.lon, accuracy_m: rounded(Math.max(300, 1300 * Math.sqrt(ward.area / Math.PI))) } : null
}

const joined = (...parts: (Unit | undefined)[]): string | null => parts.filter((one) => one !== undefined).map(fullName).join(', ') || null

function beforeOf(ward: string | null, district: string | null, province: string | null, units: Units): string | null {
  const old = ward ? units.wardsOld.get(ward) : undefined
  const within = units.districts.get(old?.parent ?? district ?? '')
  return joined(old, within, units.p63.get(within?.parent ?? province ?? ''))
}

const nowOf = (ward: string | null, province: string | null, units: Units): string | null => {
  const found = ward ? units.wardsNew.get(ward) : undefined
  return joined(found, units.p34.get(found?.parent ?? province ?? ''))
}

/** Reads a text for the screen. */
export function read(text: string, units: Units): Read {
  const parsed = parse(text, units)
  const old = parsed.style === 'old'
  return {
    text,
    parsed,
    depth: parsed.ward_new || parsed.ward_old ? 'ward' : parsed.district ? 'district' : parsed.province_34 ? 'province' : 'none',
    before: old ? beforeOf(parsed.ward_old, parsed.district, parsed.province_63, units) : null,
    now: nowOf(parsed.ward_new, parsed.province_34, units),
    centre: centreOf(parsed, units),
    choices: parsed.candidates.map((candidate) => ({
      before: candidate.style === 'old' ? beforeOf(candidate.ward_old, null, candidate.province_63, units) : null,
      now: nowOf(candidate.ward_new, candidate.province_34, units),
      candidate,
    })),
  }
}

/**
 * The text with the words that make it mean a candidate beyond doubt, or null when no words do. What a person chose is
 * written into the address itself, so that the office, and whoever reads it later, sees it too.
 */
export function settle(text: string, wanted: Candidate, units: Units): string | null {
  const ward = wanted.ward_new ? units.wardsNew.get(wanted.ward_new) : undefined
  const old = wanted.ward_old ? beforeOf(wanted.ward_old, null, null, units) : null
  if (!ward) return null
  const now = nowOf(ward.code, null, units)!
  const base = text.trim().replace(/[\s,;.]+$/, '')
  // The street and whatever else stands before the first comma; the units follow anew where adding is not enough.
  const street = base.split(/[,;\n]/)[0]!.trim()
  const tries = old
    ? [`${base} (nay là ${fullName(ward)})`, `${base}, ${old}`, `${base}, ${old} (nay là ${fullName(ward)})`, `${street}, ${old}`, `${street}, ${old} (nay là ${fullName(ward)})`, `${street}, ${now}`]
    : [`${base}, ${now}`, `${street}, ${now}`]
  const means = (tried: string) => {
    const parsed = parse(tried, units)
    // Today's name alone is as good: the former ward only helped to find it.
    return parsed.certain && parsed.ward_new === wanted.ward_new && (parsed.ward_old === wanted.ward_old || parsed.ward_old === null)
  }
  return tries.find(means) ?? null
}

/** The new wards around a point, the nearest first. */
export function around(at: { lat: number; lon: number }, most: number, units: Units): Label[] {
  return [...units.wardsNew.values()]
    .map((ward) => ({ name: fullName(ward), lat: ward.lat, lon: ward.lon, far: metres(at, ward) }))
    .sort((a, b) => a.far - b.far)
    .slice(0, most)
    .map(({ name, lat, lon }) => ({ name, lat, lon }))
}
