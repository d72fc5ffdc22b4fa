// Administrative units of Vietnam in both regimes, from the packed tables the office sends: lookups by code and by
// spoken name. The twin of backend/geo/units.py. A unit is known by (level, code): codes were used again in 2025.
// Maps, not objects, hold what is walked in order: the office walks the rows of its tables in theirs.
import { bothOf, keyOf } from './text.ts'

/** Where the tables lie on the phone (Cache API): tables.ts puts them there, the worker reads them. */
export const UNITS_CACHE = 'tuyen-units'

const PROVINCE_ALIASES: Record<string, string[]> = {
  '01': ['hn', 'hanoicity', 'thudohanoi'],
  '79': ['hcm', 'tphcm', 'hcmc', 'tphochiminh', 'sg', 'saigon', 'tpsg', 'hochiminhcity', 'hcmcity', 'tpsaigon'],
  '46': ['thuathienhue', 'tthue', 'tphue'],
  '48': ['tpdanang', 'danangcity'],
  '31': ['tphaiphong'],
  '92': ['tpcantho'],
  '77': ['bariavungtau', 'brvt', 'vungtaubaria'],
  '66': ['daclac', 'daklak'],
  '67': ['dacnong', 'daknong'],
  '06': ['baccan'],
  '62': ['contum'],
}
const DISTRICT_ALIASES: Record<string, string[]> = { '769': ['tpthuduc'], '760': ['quannhat'] }

export type Level = 'p63' | 'district' | 'ward_old' | 'p34' | 'ward_new'

/**
 * One unit. `parent` and `links` are codes; `links`: p63 -> its province of the 34; ward_old (and an island district
 * without wards) -> the new wards it went to, the main one first; ward_new -> the provinces of the 63 it came from.
 */
export interface Unit {
  level: Level
  code: string
  name: string
  kind: string
  parent: string
  links: readonly string[]
  /** Its name's key, and the name's accent form. */
  key: string
  tone: string
  /** Degrees WGS 84 of the centre and the area in km²; new wards only. */
  lat: number
  lon: number
  area: number
}

/** The unit, and whether the key is only a former or unofficial name of it. */
export type Entry = readonly [unit: Unit, alias: boolean]
export type Index = Map<string, Entry[]>
type Table = Map<string, Unit>

/** All tables, and the indexes the parser walks from the province down. */
export interface Units {
  p63: Table
  p34: Table
  districts: Table
  wardsOld: Table
  wardsNew: Table
  provincesByKey: Index
  districtsByKey: Index
  newByKey: Index
  oldByKey: Index
  districtsIn: Map<string, Index>
  wardsIn: Map<string, Index>
  oldIn: Map<string, Index>
  newIn: Map<string, Index>
  keys: Set<string>
}

/** The packed tables as they travel: rows of `GET /geo/units`, made by backend/geo/build_data.py. */
export interface Packed {
  provinces_63: [code: string, name: string, kind: string, p34: string][]
  provinces_34: [code: string, name: string, kind: string][]
  districts: [code: string, province: string, kind: string | null, name: string, aliases: string[], news: string[]][]
  wards_old: [code: string, district: string, kind: string | null, name: string, aliases: string[], news: string[]][]
  wards_new: [code: string, province: string, kind: string | null, name: string, lat: number, lon: number, area: number, p63: string[]][]
}

/** "Phường Bình Tiên". */
export const fullName = (unit: Unit): string => `${unit.kind} ${unit.name}`.trim()

function unit(level: Level, code: string, name: string, kind: string | null, parent: string, links: readonly string[], lat = 0, lon = 0, area = 0): Unit {
  const [key, tone] = bothOf(name)
  return { level, code, name, kind: kind ?? '', parent, links, key, tone, lat, lon, area }
}
const table = <R>(rows: R[], make: (row: R) => Unit): Table => new Map(rows.map(make).map((one) => [one.code, one]))

function add(index: Index, key: string, entry: Entry): void {
  const entries = index.get(key)
  if (!entries) index.set(key, [entry])
  // Official names come before aliases and each unit once: only an alias can find its unit there already.
  else if (!entry[1] || entries.every(([known]) => known !== entry[0])) entries.push(entry)
}

function inside(indexes: Map<string, Index>, code: string): Index {
  let index = indexes.get(code)
  if (!index) indexes.set(code, (index = new Map()))
  return index
}

/** Builds the tables and their indexes: a third of a second of a slow phone's worker. */
export function unitsOf(packed: Packed): Units {
  const units: Units = {
    p63: table(packed.provinces_63, ([code, name, kind, p34]) => unit('p63', code, name, kind, '', [p34])),
    p34: table(packed.provinces_34, ([code, name, kind]) => unit('p34', code, name, kind, '', [])),
    districts: table(packed.districts, ([code, province, kind, name, , news]) => unit('district', code, name, kind, province, news)),
    wardsOld: table(packed.wards_old, ([code, district, kind, name, , news]) => unit('ward_old', code, name, kind, district, news)),
    wardsNew: table(packed.wards_new, ([code, province, kind, name, lat, lon, area, p63]) => unit('ward_new', code, name, kind, province, p63, lat, lon, area)),
    provincesByKey: new Map(), districtsByKey: new Map(), newByKey: new Map(), oldByKey: new Map(),
    districtsIn: new Map(), wardsIn: new Map(), oldIn: new Map(), newIn: new Map(), keys: new Set(),
  }
  const keys = (list: readonly string[]) => list.map(keyOf)
  const none: string[] = []
  const aliases = new Map<Unit, string[]>()
  for (const [code, list] of Object.entries(PROVINCE_ALIASES)) aliases.set(units.p63.get(code)!, keys(list))
  for (const [code, , , , list] of packed.districts) aliases.set(units.districts.get(code)!, keys([...list, ...(DISTRICT_ALIASES[code] ?? [])]))
  for (const [code, , , , list] of packed.wards_old) if (list.length) aliases.set(units.wardsOld.get(code)!, keys(list))
  const names: [Table, Index, Map<string, Index> | null][] = [
    [units.p63, units.provincesByKey, null],
    [units.districts, units.districtsByKey, units.districtsIn],
    [units.wardsOld, units.oldByKey, units.wardsIn],
    [units.wardsNew, units.newByKey, units.newIn],
  ]
  for (const [all, everywhere, within] of names) {
    const put = (one: Unit, key: string, alias: boolean) => {
      const entry: Entry = [one, alias]
      add(everywhere, key, entry)
      if (within) add(inside(within, one.parent), key, entry)
      if (one.level === 'ward_old') add(inside(units.oldIn, units.districts.get(one.parent)!.parent), key, entry)
    }
    for (const alias of [false, true]) {
      for (const one of all.values()) {
        if (!alias) put(one, one.key, false)
        else for (const key of aliases.get(one) ?? none) put(one, key, true)
      }
    }
  }
  for (const index of [units.provincesByKey, units.districtsByKey, units.oldByKey, units.newByKey]) for (const key of index.keys()) units.keys.add(key)
  return units
}
