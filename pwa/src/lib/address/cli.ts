// The phone's address parser as a filter under Node: `node address-cli.mjs UNITS.json.gz [whole|near]`, JSON lines in and out.
// `tuyen parse-address --engine phone` runs it (backend/geo/phone.py), so that anybody can compare the two parsers.
// For the tests, `whole` answers every field of a reading with its centre, and `near` the near spellings of a word.
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { centreOf } from './reading.ts'
import { unitsOf, type Packed } from './units.ts'
import { parse, type Parsed, type Style } from './vi.ts'
import { nearest } from './windows.ts'

const units = unitsOf(JSON.parse(gunzipSync(readFileSync(process.argv[2]!)).toString()) as Packed)
const mode = process.argv[3]

interface Asked {
  id?: unknown
  text?: unknown
  style?: unknown
  keys?: string[]
  most?: number
}

const said = (parsed: Parsed): Record<string, unknown> => {
  const { style, province_63, province_34, ward_old, ward_new, lat, lon, certain, candidates } = parsed
  const known = Object.fromEntries(Object.entries({ province_63, province_34, ward_old, ward_new, lat, lon }).filter(([, value]) => value !== null))
  return { style, ...known, certain, candidates: candidates.map((one) => Object.fromEntries(Object.entries(one).filter(([, value]) => value !== null))) }
}

function answer(line: string): string {
  let id: unknown = null
  const fault = (error: string) => JSON.stringify({ id, error })
  let asked: Asked
  try {
    asked = JSON.parse(line) as Asked
  } catch {
    return fault('not-json')
  }
  if (typeof asked !== 'object' || asked === null || Array.isArray(asked)) return fault('not-an-object')
  id = asked.id ?? null
  if (typeof asked.text !== 'string') return fault('text-missing')
  if (mode === 'near') return JSON.stringify(nearest(asked.text, asked.keys!, asked.most!))
  const style = asked.style ?? null
  if (style !== null && style !== 'old' && style !== 'new') return fault('style-unknown')
  const parsed = parse(asked.text, units, style as Style | null)
  return JSON.stringify({ id, ...(mode === 'whole' ? { ...parsed, centre: centreOf(parsed, units) } : said(parsed)) })
}

const decoder = new TextDecoder()
let rest = ''
for await (const chunk of process.stdin as AsyncIterable<Uint8Array>) {
  const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
  rest = lines.pop() ?? ''
  for (const line of lines) if (line.trim()) process.stdout.write(`${answer(line)}\n`)
}
if (rest.trim()) process.stdout.write(`${answer(rest)}\n`)
