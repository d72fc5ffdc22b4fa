// One request of the price and convert filters, answered, byte for byte like the office. Twin: backend/pricing/answering.py.
import { atDigits, dec, inWhole, share, text, textOfScaled } from './numbers.ts'
import { PriceRefusal, refusalOr } from './refusal.ts'
import { priceOrder } from './rules.ts'
import { isObject, listOf, objectOf, own, type Raw, textOf } from './shapes.ts'
import { convert, readUnits } from './units.ts'

/** `{id, book, order}` or `{id, allocate}` to its answer, both JSON on one line. */
export const priceAnswer = (line: string): string => answered(line, price)

/** `{id, item, packagings, qty, from, to}` to `{id, qty}` or an error. */
export const convertAnswer = (line: string): string => answered(line, converted)

const DEEPEST_JSON = 100

function answered(line: string, work: (request: Raw) => object): string {
  if (tooDeep(line)) return canonical({ id: null, error: 'TOO_DEEP' })
  let request: unknown
  try {
    request = JSON.parse(line)
  } catch {
    return canonical({ id: null, error: 'NOT_JSON' })
  }
  const found = refusalOr(() => work(objectOf(request)))
  const answer = found instanceof PriceRefusal ? { error: found.code.replaceAll('-', '_').toUpperCase() } : found
  return canonical({ id: nameOf(request), ...answer })
}

/** Whether brackets nest deeper than anything meant; looked at before parsing, as the office must. */
function tooDeep(line: string): boolean {
  let depth = 0
  let inside = false
  for (let i = 0; i < line.length; i++) {
    const sign = line[i]
    if (sign === '\\' && (line[i + 1] === '\\' || line[i + 1] === '"')) i++
    else if (sign === '"') inside = !inside
    else if (inside) continue
    else if (sign === '{' || sign === '[') depth++
    else if (sign === '}' || sign === ']') depth--
    if (depth > DEEPEST_JSON) return true
  }
  return false
}

/** What the asker calls the request: a text or a whole number both languages write alike; else nothing. */
function nameOf(request: unknown): string | number | null {
  const name = isObject(request) ? own(request, 'id') : null
  return typeof name === 'string' || (typeof name === 'number' && Number.isSafeInteger(name)) ? name : null
}

/** JSON with keys in order and no blanks, the same text the office writes. */
export const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, inner: unknown) =>
    isObject(inner) ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1))) : inner,
  )

function price(request: Raw): object {
  if (Object.hasOwn(request, 'allocate')) return { shares: allocated(objectOf(request.allocate)) }
  return priceOrder(own(request, 'book'), own(request, 'order'))
}

/** Shares of `total` over `weights`, down to the last decimal the total is written with. */
export function allocated(request: Raw): string[] {
  const total = textOf(own(request, 'total'))
  const exact = dec(total)
  const digits = total.split('.')[1]?.length ?? 0
  const weights = listOf(own(request, 'weights')).map(dec)
  if (weights.some((weight) => weight.n < 0n)) throw new PriceRefusal('book-malformed')
  return share(atDigits(exact, digits), inWhole(weights)).map((part) => textOfScaled(part, digits))
}

function converted(request: Raw): object {
  const units = readUnits(own(request, 'item'), own(request, 'packagings'))
  const qty = dec(own(request, 'qty'))
  return { qty: text(convert(units, qty, textOf(own(request, 'from')), textOf(own(request, 'to')))) }
}
