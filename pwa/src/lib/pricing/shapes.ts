// Reading untyped JSON: the right shape, or `book-malformed`. Twin: backend/pricing/shapes.py.
import { dec, type Fraction } from './numbers.ts'
import { PriceRefusal } from './refusal.ts'

export type Raw = Record<string, unknown>

/** The refusal of everything that is not in the agreed format. */
export const malformed = (pointer: string | null = null) => new PriceRefusal('book-malformed', {}, pointer)

/** Whether it is a JSON object. */
export const isObject = (value: unknown): value is Raw => typeof value === 'object' && value !== null && !Array.isArray(value)

/** A member of an object that is its own, or undefined. */
export const own = (raw: Raw, key: string): unknown => (Object.hasOwn(raw, key) ? raw[key] : undefined)

/** A JSON object. */
export function objectOf(value: unknown): Raw {
  if (!isObject(value)) throw malformed()
  return value
}

/** A JSON object; absent is empty. */
export const objectOrEmpty = (value: unknown): Raw => objectOf(value ?? {})

/** The object, when it has no other members than these: a rule that is not understood whole is not applied in part. */
export function only(raw: Raw, names: readonly string[]): Raw {
  if (Object.keys(raw).some((name) => !names.includes(name))) throw malformed()
  return raw
}

/** A JSON array; absent is empty. */
export function listOf(value: unknown): unknown[] {
  const list = value ?? []
  if (!Array.isArray(list)) throw malformed()
  return list
}

/** A text. */
export function textOf(value: unknown): string {
  if (typeof value !== 'string') throw malformed()
  return value
}

/** A text, or null where there is none. */
export const textOrNull = (value: unknown): string | null => (value === undefined || value === null ? null : textOf(value))

/** A text of visible ASCII, so that both languages sort it alike. */
export function codeOf(value: unknown): string {
  const code = textOf(value)
  if (!/^[\x21-\x7e]+$/.test(code)) throw malformed()
  return code
}

/** A day, YYYY-MM-DD: as texts such days compare like the days themselves. */
export function dayOf(value: unknown): string {
  const day = textOf(value)
  if (!/^[0-9]{4}-[0-9]{2}-[0-9]{2}$/.test(day)) throw malformed()
  return day
}

/** A day, or null where there is none. */
export const dayOrNull = (value: unknown): string | null => ((value ?? null) === null ? null : dayOf(value))

/** A list of texts; absent is empty. */
export const texts = (value: unknown): string[] => listOf(value).map(textOf)

/** At least one name, or null where there is no list. */
export function namesOrNull(value: unknown): Set<string> | null {
  if ((value ?? null) === null) return null
  const found = new Set(texts(value))
  if (!found.size) throw malformed()
  return found
}

/** One of the known words; absent is the first of them. */
export function word<Word extends string>(value: unknown, known: readonly [Word, ...Word[]]): Word {
  const said = textOf(value ?? known[0])
  const found = known.find((one) => one === said)
  if (found === undefined) throw malformed()
  return found
}

/** True or false; absent is false. */
export function flag(value: unknown): boolean {
  const said = value ?? false
  if (typeof said !== 'boolean') throw malformed()
  return said
}

/** A decimal text, 0 or more. */
export function positive(value: unknown): Fraction {
  const number = dec(value)
  if (number.n < 0n) throw malformed()
  return number
}

/** A decimal text, 0 or more; null where there is none. */
export const positiveOrNull = (value: unknown): Fraction | null => ((value ?? null) === null ? null : positive(value))

/** A small JSON integer within bounds (digits, priorities: never money); absent is 0. */
export function small(value: unknown, least: number, most: number): number {
  const whole = value ?? 0
  if (typeof whole !== 'number' || !Number.isInteger(whole) || whole < least || whole > most) throw malformed()
  return whole
}
