// Reading untyped JSON: the right shape, or `book-malformed`. Twin: backend/pricing/shapes.py.
import { PriceRefusal } from './refusal.ts'

export type Raw = Record<string, unknown>

const malformed = () => new PriceRefusal('book-malformed')

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

/** A list of texts; absent is empty. */
export const texts = (value: unknown): string[] => listOf(value).map(textOf)

/** A small JSON integer within bounds (digits, priorities: never money); absent is 0. */
export function small(value: unknown, least: number, most: number): number {
  const whole = value ?? 0
  if (typeof whole !== 'number' || !Number.isInteger(whole) || whole < least || whole > most) throw malformed()
  return whole === 0 ? 0 : whole
}
