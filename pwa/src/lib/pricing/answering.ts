// One request of the price and convert filters, answered, byte for byte like the office. Twin: backend/pricing/answering.py.
import { atDigits, dec, share, text, textOfScaled, ZERO } from './numbers.ts'
import { PriceRefusal } from './refusal.ts'
import { priceOrder } from './rules.ts'
import { isObject, listOf, objectOf, own, type Raw, textOf } from './shapes.ts'
import { convert, readUnits } from './units.ts'

/** `{id, book, order}` or `{id, allocate}` to its answer, both JSON on one line. */
export const priceAnswer = (line: string): string => answered(line, price)

/** `{id, item, packagings, qty, from, to}` to `{id, qty}` or an error. */
export const convertAnswer = (line: string): string => answered(line, converted)

function answered(line: string, work: (request: Raw) => object): string {
  let request: unknown
  let answer: object
  try {
    request = JSON.parse(line)
    answer = work(objectOf(request))
  } catch (reason) {
    if (reason instanceof PriceRefusal) answer = { error: reason.code.replaceAll('-', '_').toUpperCase() }
    else if (reason instanceof SyntaxError) answer = { error: 'NOT_JSON' }
    else throw reason
  }
  return canonical({ id: isObject(request) ? (own(request, 'id') ?? null) : null, ...answer })
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
  if (weights.some((weight) => weight.compare(ZERO) < 0)) throw new PriceRefusal('book-malformed')
  return share(atDigits(exact, digits), weights).map((part) => textOfScaled(part, digits))
}

function converted(request: Raw): object {
  const units = readUnits(own(request, 'item'), own(request, 'packagings'))
  const qty = dec(own(request, 'qty'))
  return { qty: text(convert(units, qty, textOf(own(request, 'from')), textOf(own(request, 'to')))) }
}
