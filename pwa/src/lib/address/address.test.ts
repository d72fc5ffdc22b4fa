// The phone's address reader on the shared corpus, the words it shows, the choices it settles, and its tables.
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { createHash } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { signedIn } from '../testing.ts'
import { around, read, settle } from './reading.ts'
import { UNITS_CACHE, unitsOf, type Packed } from './units.ts'
import { parse } from './vi.ts'
import { osa } from './windows.ts'

interface Case {
  id: string
  text: string
  style?: string
  province_34?: string
  ward_old?: string | null
  ward_new: string[]
}
const root = new URL('../../../../', import.meta.url)
const bytes = gunzipSync(readFileSync(new URL('backend/geo/data/units.json.gz', root)))
const units = unitsOf(JSON.parse(bytes.toString()) as Packed)
const cases = JSON.parse(readFileSync(new URL('tests/cases/addresses.json', root), 'utf8')) as Case[]
const STORY = '45/88/20P Bình Tiên, P7, Q6, TP HCM'
const SPLIT = '12 Láng Hạ, P. Thành Công, Q. Ba Đình, Hà Nội'

describe('the shared corpus', () => {
  const right = (one: Case) => {
    const got = parse(one.text, units)
    const ward = one.ward_new.length ? one.ward_new.includes(got.ward_new ?? '') : got.ward_new === null
    return got.province_34 === (one.province_34 ?? null) && ward && (!('ward_old' in one) || got.ward_old === one.ward_old) && (!one.style || got.style === one.style)
  }
  test('is read, and nothing of it is silently wrong', () => {
    expect(cases.length).toBeGreaterThanOrEqual(150)
    const missed = cases.filter((one) => !right(one))
    expect(missed.length).toBeLessThanOrEqual(0.01 * cases.length)
    expect(missed.filter((one) => parse(one.text, units).certain)).toEqual([])
  })
})

describe('what the form shows', () => {
  test('the ward of the story, before and after the reform, as a circle and not a door', () => {
    const got = read(STORY, units)
    expect(got.now).toBe('Phường Bình Tiên, Thành phố Hồ Chí Minh')
    expect(got.before).toBe('Phường 7, Quận 6, Thành phố Hồ Chí Minh')
    expect(got.parsed).toMatchObject({ ward_old: '27382', ward_new: '27373', province_34: '79', certain: true })
    expect(got.centre).toEqual({ lat: 10.7425, lon: 106.643, accuracy_m: 931 })
    expect(got.choices).toEqual([])
  })
  test('an address of today has no former names', () => {
    expect(read('12 Nguyễn Huệ, Phường Sài Gòn, TP HCM', units)).toMatchObject({ before: null, now: 'Phường Sài Gòn, Thành phố Hồ Chí Minh', depth: 'ward' })
  })
  test('half an address says how far it was read, and has no centre', () => {
    expect(read('Đà Nẵng', units)).toMatchObject({ depth: 'province', centre: null })
    expect(read('Quận 6, TP HCM', units)).toMatchObject({ depth: 'district', before: 'Quận 6, Thành phố Hồ Chí Minh', centre: null })
    expect(read('gần chợ', units)).toMatchObject({ depth: 'none', before: null, now: null })
  })
  test('the wards around a point begin with its own', () => {
    expect(around({ lat: 10.7425, lon: 106.643 }, 3, units).map((one) => one.name)[0]).toBe('Phường Bình Tiên')
  })
})

describe('a choice', () => {
  test('offered for a split ward is settled by words in the address, for every candidate', () => {
    const { choices } = read(SPLIT, units)
    expect(choices.map((one) => one.now)).toEqual(['Phường Giảng Võ, Thành phố Hà Nội', 'Phường Ô Chợ Dừa, Thành phố Hà Nội'])
    for (const { candidate } of choices) {
      const text = settle(SPLIT, candidate, units)
      expect(text?.startsWith('12 Láng Hạ')).toBe(true)
      expect(parse(text!, units)).toMatchObject({ certain: true, ward_new: candidate.ward_new, ward_old: candidate.ward_old })
    }
  })
  test('of a split ward can always be settled, and never into another place', () => {
    let offered = 0
    let settled = 0
    for (const one of units.wardsOld.values()) {
      if (one.links.length < 2 || Number(one.code) % 7) continue
      const district = units.districts.get(one.parent)!
      const text = `5 Lê Lợi, ${one.kind} ${one.name}, ${district.kind} ${district.name}, ${units.p63.get(district.parent)!.name}`
      for (const { candidate } of read(text, units).choices) {
        offered += 1
        const words = settle(text, candidate, units)
        if (words === null) continue
        settled += 1
        expect(parse(words, units)).toMatchObject({ certain: true, ward_new: candidate.ward_new })
      }
    }
    expect(offered).toBeGreaterThan(100)
    expect(settled).toBe(offered)
  })
})

test('the distance of two words is that of the full table of edits, or just "too far"', () => {
  const plain = (a: string, b: string): number => {
    const d = Array.from({ length: a.length + 1 }, (_, i) => Array.from({ length: b.length + 1 }, (_, j) => (i ? (j ? 0 : i) : j)))
    for (let i = 1; i <= a.length; i++) {
      for (let j = 1; j <= b.length; j++) {
        d[i]![j] = Math.min(d[i - 1]![j]! + 1, d[i]![j - 1]! + 1, d[i - 1]![j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1))
        if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) d[i]![j] = Math.min(d[i]![j]!, d[i - 2]![j - 2]! + 1)
      }
    }
    return d[a.length]![b.length]!
  }
  let seed = 7
  const random = (below: number) => (seed = (seed * 48271) % 2147483647) % below
  const word = () => Array.from({ length: random(10) }, () => 'abc'[random(3)]).join('')
  const wrong: unknown[] = []
  let near = 0
  for (let n = 0; n < 20_000; n++) {
    const [a, b, most] = [word(), word(), 1 + random(2)]
    const right = Math.min(plain(a, b), most + 1)
    near += right <= most ? 1 : 0
    if (osa(a, b, most) !== right) wrong.push([a, b, most, right])
  }
  expect(wrong).toEqual([])
  expect(near).toBeGreaterThan(1000)
})

describe('the tables on the phone', () => {
  const version = createHash('sha256').update(bytes).digest('hex').slice(0, 16)
  const url = `/api/v1/geo/units/${version}`
  let kept: Map<string, Response>
  let asked: string[]
  let sent: Uint8Array

  beforeEach(async () => {
    vi.resetModules()
    await signedIn()
    kept = new Map()
    asked = []
    sent = bytes
    const cache = {
      keys: async () => [...kept.keys()].map((path) => ({ url: `https://tuyen.test${path}` })),
      put: async (path: string, answer: Response) => void kept.set(path, answer),
      delete: async (path: string) => kept.delete(path),
    }
    vi.stubGlobal('caches', { open: async (name: string) => (expect(name).toBe(UNITS_CACHE), cache) })
    vi.stubGlobal('fetch', async (path: string) => {
      asked.push(path)
      if (path === '/api/v1/geo/units') return Response.json({ version, url })
      return path === url ? new Response(sent as BodyInit) : new Response('{}', { status: 404 })
    })
  })
  afterEach(() => vi.unstubAllGlobals())
  const keep = async (wanted?: boolean) => (await import('./tables.ts')).keepUnits(wanted)

  test('are fetched once, under their hash, and older ones go', async () => {
    kept.set('/api/v1/geo/units/0123456789abcdef', new Response('{}'))
    expect(await keep()).toBe(true)
    expect([...kept.keys()]).toEqual([url])
    expect(await keep()).toBe(true)
    expect(asked.filter((path) => path.includes('geo/units'))).toEqual(['/api/v1/geo/units', url])
  })
  test('are not fetched behind the back of who saves data, but are when the form needs them', async () => {
    vi.stubGlobal('navigator', { connection: { saveData: true } })
    expect(await keep()).toBe(false)
    expect(asked).toEqual([])
    expect(await keep(true)).toBe(true)
    expect([...kept.keys()]).toEqual([url])
  })
  test('that arrive cut short are not kept, and the old ones stay', async () => {
    sent = bytes.subarray(0, 5000)
    kept.set('/api/v1/geo/units/0123456789abcdef', new Response('{}'))
    expect(await keep()).toBe(true)
    expect([...kept.keys()]).toEqual(['/api/v1/geo/units/0123456789abcdef'])
  })
  test('that cannot be had are no error', async () => {
    vi.stubGlobal('fetch', async () => Promise.reject(new TypeError('network')))
    expect(await keep(true)).toBe(false)
  })
})
