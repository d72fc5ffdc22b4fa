// Exchange rates: what the office answers, and the points of their chart.
import { language, number } from '../../../lib/i18n.svelte.ts'

export interface Currency {
  code: string
  name_vi: string
  name_en: string
  minor_digits: number
  company: boolean
  rate: string | null
}

interface Step {
  num: string
  den: string
  was_num: string | null
  was_den: string | null
  reason: string
  made_at: string
  made_by: string
}

export interface Rate {
  currency: string
  from_on: string
  num: string
  den: string
  rate: string
  version: number
  holds: boolean
  steps: Step[]
}

/** num/den to ten decimals, for reading. Whole numbers all the way. */
export function decimal(num: string, den: string): string {
  const scaled = (BigInt(num) * 20_000_000_000n + BigInt(den)) / (2n * BigInt(den))
  const text = scaled.toString().padStart(11, '0')
  return `${text.slice(0, -10)}.${text.slice(-10)}`.replace(/\.?0+$/, '')
}

/** Ten decimals do not say this rate exactly. */
export const inexact = (rate: Rate): boolean => (BigInt(rate.num) * 10_000_000_000n) % BigInt(rate.den) !== 0n

/** A rate as people read it, with the company's currency. */
export const shownRate = (rate: string, company: string): string => `${number(rate, 10)} ${company}`

/** How a person would type a rate in the form of the language in use. */
export const typedForm = (rate: string): string => (language() === 'vi' ? rate.replace('.', ',') : rate)

/** Corners of the steps a rate went, oldest first, in a box of 100 by 40; a rate holds until the next. */
export function corners(rates: readonly Rate[], today: string): string {
  const past = rates.filter((one) => one.from_on <= today).toReversed()
  if (!past.length) return ''
  const days = past.map((one) => Date.parse(one.from_on))
  const [first, last] = [days[0]!, Math.max(Date.parse(today), days.at(-1)! + 86_400_000)]
  const values = past.map((one) => Number(one.rate))
  const [low, high] = [Math.min(...values), Math.max(...values)]
  const x = (day: number) => (100 * (day - first)) / (last - first)
  const y = (value: number) => (high === low ? 20 : 36 - (32 * (value - low)) / (high - low))
  const path = past.map((_, n) => `${n ? 'L' : 'M'}${x(days[n]!).toFixed(2)} ${y(values[n]!).toFixed(2)}H${x(days[n + 1] ?? last).toFixed(2)}`)
  return path.join('')
}
