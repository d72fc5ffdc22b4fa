// Texts in the user's language and the forms of dates, numbers and money. Switching needs no reload.
import { setupI18n, type Messages } from '@lingui/core'
import type { Key } from './keys.ts'

export type Language = 'vi' | 'en'
export type { Key }

type Part = 'start' | 'field' | 'desk'
const loaders: Record<`${Language}-${Part}`, () => Promise<{ default: Messages }>> = {
  'vi-start': () => import('virtual:catalog/vi-start'),
  'en-start': () => import('virtual:catalog/en-start'),
  'vi-field': () => import('virtual:catalog/vi-field'),
  'en-field': () => import('virtual:catalog/en-field'),
  'vi-desk': () => import('virtual:catalog/vi-desk'),
  'en-desk': () => import('virtual:catalog/en-desk'),
}
/** What is loaded: the frame's texts at once, those of screens with the first screen, those for a desk with the first there. */
const parts = new Set<Part>(['start'])
const i18n = setupI18n()
const chosen = $state<{ language: Language; zone: string; currency: string }>({ language: 'vi', zone: 'Asia/Ho_Chi_Minh', currency: 'VND' })

/** The language in use; reading it in a template makes the template follow a switch. */
export const language = (): Language => chosen.language
/** The company's currency (ISO 4217), the default of `money`. */
export const currency = (): string => chosen.currency

const said: Record<Language, Messages> = { vi: {}, en: {} }
const coming = new Map<string, Promise<void>>()

/** Loads a part of a language once; whoever asks for it meanwhile waits for the same. */
function bring(wanted: Language, part: Part): Promise<void> {
  const key = `${wanted}-${part}` as const
  let loading = coming.get(key)
  if (!loading) {
    loading = loaders[key]().then(({ default: messages }) => void Object.assign(said[wanted], messages))
    loading.catch(() => coming.delete(key)) // no network: it may come another time
    coming.set(key, loading)
  }
  return loading
}

/** Loads a language's texts, as far as they are in use, and switches to it. */
export async function speak(wanted: Language): Promise<void> {
  for (let known = 0; known !== parts.size; ) {
    known = parts.size
    await Promise.all([...parts].map((part) => bring(wanted, part)))
  }
  chosen.language = wanted
  activate()
  if (typeof document !== 'undefined') document.documentElement.lang = wanted
}

/** Adds a part of the texts, for good; done when it can be spoken in the language in use. */
export async function speakAlso(part: Part): Promise<void> {
  parts.add(part)
  for (let loaded: Language | null = null; loaded !== chosen.language; ) await bring((loaded = chosen.language), part)
  activate()
}

const activate = () => i18n.loadAndActivate({ locale: chosen.language, messages: said[chosen.language] })

/** The company's time zone and currency, as `/me` tells them. */
export function settle(zone: string, code: string): void {
  chosen.zone = zone
  chosen.currency = code
}

/** A text; `{name}` placeholders and plurals are filled from `values`. */
export function t(key: Key, values?: Record<string, string | number>): string {
  void chosen.language
  return i18n._(key, values)
}

/** A text whose key is only known while running (`problem.<code>`); `fallback` when there is none. */
export function say(key: string, values?: Record<string, string | number>, fallback = key): string {
  void chosen.language
  return key in i18n.messages ? i18n._(key, values) : fallback
}

/** The name in the language in use, of a row with `name_vi` and `name_en`. */
export function named(row: { name_vi: string; name_en?: string | null } | undefined): string {
  if (!row) return ''
  return chosen.language === 'en' ? row.name_en || row.name_vi : row.name_vi
}

const made = new Map<string, Intl.NumberFormat | Intl.DateTimeFormat | Intl.RelativeTimeFormat>()
function once<T extends Intl.NumberFormat | Intl.DateTimeFormat | Intl.RelativeTimeFormat>(key: string, make: (locale: string) => T): T {
  const locale = chosen.language === 'vi' ? 'vi-VN' : 'en-GB'
  const name = `${locale} ${chosen.zone} ${key}`
  let found = made.get(name) as T | undefined
  if (!found) made.set(name, (found = make(locale)))
  return found
}
type Numeric = number | bigint | Intl.StringNumericLiteral
const exact = (value: string | number | bigint): Numeric => value as Numeric

/** A number with the language's separators, at most `digits` decimals. Accepts decimal strings without loss. */
export const number = (value: string | number | bigint, digits = 3): string =>
  once(`n${digits}`, (locale) => new Intl.NumberFormat(locale, { maximumFractionDigits: digits })).format(exact(value))

/** An amount in currency units, a decimal string as on the wire: "1234567" -> "1.234.567 ₫". */
export function money(value: string | number | null | undefined, code: string = chosen.currency): string {
  if (value === null || value === undefined || value === '') return '–'
  const form = once(`m${code}`, (locale) => new Intl.NumberFormat(locale, { style: 'currency', currency: code, currencyDisplay: 'narrowSymbol' }))
  const parts = form.formatToParts(exact(value))
  const figure = parts.filter((part) => part.type !== 'currency' && part.type !== 'literal').map((part) => part.value).join('')
  return `${figure}\u00a0${parts.find((part) => part.type === 'currency')?.value ?? code}`
}

/** A short amount for tiles and lists, "14,4 Tr", "2,5 tỷ": read it, do not reckon with it. */
export function short(value: string | number): string {
  const amount = Number(value)
  const steps: [number, Key][] = [[1e9, 'app.billion'], [1e6, 'app.million'], [1e3, 'app.thousand']]
  for (const [size, unit] of steps) if (Math.abs(amount) >= size) return `${number(amount / size, Math.abs(amount) >= 100 * size ? 0 : 1)} ${t(unit)}`
  return number(amount, 0)
}

/** A day, "2026-11-22" or a moment -> "22/11/2026" in the company's time zone. */
export function date(value: string | number | Date | null | undefined): string {
  if (value === null || value === undefined || value === '') return '–'
  if (typeof value === 'string' && /^\d{4}-\d\d-\d\d$/.test(value)) return value.split('-').reverse().join('/')
  return once('d', () => new Intl.DateTimeFormat('en-GB', { day: '2-digit', month: '2-digit', year: 'numeric', timeZone: chosen.zone })).format(new Date(value))
}

/** The time of a moment, "07:31". */
export const time = (value: string | number | Date): string =>
  once('t', () => new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', timeZone: chosen.zone })).format(new Date(value))

/** "07:31" today, "21/11/2026 07:31" on any other day; a bare day stays a day. */
export const moment = (value: string | number | Date): string => {
  if (typeof value === 'string' && value.length === 10) return date(value)
  return date(value) === date(new Date()) ? time(value) : `${date(value)} ${time(value)}`
}

/** Today in the company's time zone, YYYY-MM-DD. */
export const today = (): string =>
  once('iso', () => new Intl.DateTimeFormat('sv-SE', { timeZone: chosen.zone })).format(new Date())

/** How long ago, "2 giờ trước". */
export function ago(value: string | number | Date, now = Date.now()): string {
  const seconds = Math.round((now - new Date(value).getTime()) / 1000)
  const form = once('ago', (locale) => new Intl.RelativeTimeFormat(locale, { numeric: 'auto' }))
  const steps: [number, Intl.RelativeTimeFormatUnit][] = [[86400, 'day'], [3600, 'hour'], [60, 'minute']]
  for (const [size, unit] of steps) if (Math.abs(seconds) >= size) return form.format(-Math.trunc(seconds / size), unit)
  return t('app.just-now')
}

/** A distance in metres: "33 m", "1,4 km". */
export const distance = (metres: number): string => (metres < 995 ? `${number(Math.round(metres), 0)} m` : `${number(metres / 1000, 1)} km`)

/** A size in bytes: "338 KB". */
export const bytes = (size: number): string => (size < 1e6 ? `${number(size / 1024, 0)} KB` : size < 1e9 ? `${number(size / 1048576, 1)} MB` : `${number(size / 1073741824, 1)} GB`)

/** The first moment of a day (today by default) in the company's time zone, ms. */
export function dayStart(day: string = today()): number {
  const noon = Date.parse(`${day}T12:00:00Z`)
  const shown = once('clock', () => new Intl.DateTimeFormat('sv-SE', { timeZone: chosen.zone, dateStyle: 'short', timeStyle: 'medium' })).format(noon)
  const offset = Date.parse(`${shown.replace(' ', 'T')}Z`) - noon
  return Date.parse(`${day}T00:00:00Z`) - offset
}
