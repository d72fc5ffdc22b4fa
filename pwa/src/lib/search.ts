// Finding a customer among ten thousand while typing: everything is held folded in memory and scanned.
//
// The twin of backend/customers/ranking.py (tests/cases/search runs on both). A hit has a rank, 0 best:
//   0  the whole code, tax number or telephone number
//   1  the text as typed, accents included, at the start of a word of the name
//   2  the same without accents
//   3  every typed word starts a word of the name, or is the tail (3 digits or more) of the telephone number
//   4  the initials: "chm" for "Cửa hàng Minh"
//   5  the tail of the telephone number, the start of the tax number, or a part of the code (3 signs or more)
//   6  a part of the name (3 signs or more)
//   7  every typed word starts a word of name, code or address: the phone alone knows the streets of its few shops
//   8  every typed word of 4 letters or more is one slip away from a word of the name; only when nothing fits better
// Equal ranks: names that start with the typed text first, then the order given (nearest first, else by name).
import { digits, fold } from './folding.ts'

export interface Searchable {
  id: string
  name: string
  code: string | null
  phone: string | null
  tax_no: string | null
  address: string
}

/** What is kept of a customer for finding it. */
export interface SearchKey {
  id: string
  /** Lower case with accents: exact hits rank first. */
  exact: string
  name: string
  words: string[]
  initials: string
  code: string
  phone: string
  tax: string
  /** Name, code and address together: one look says that most customers fit in no way at all. */
  all: string
}

const SLIP = 8 // the place of slips, after every rank
const LETTER = /[\p{L}\p{N}]/u
const NUMBER = /^\+?[0-9][0-9 .()-]*$/
const DIGITS = /^\p{Nd}+$/u
const exactly = (text: string) => text.normalize('NFC').toLowerCase().replace(/\s+/g, ' ').trim()
/** A telephone number as people compare it: +84 901.234.567, 84901234567 and 0901 234 567 are one number. */
const phoneOf = (text: string) => digits(text).replace(/^84(?=[1-9][0-9]{8}$)/, '0')
const wordsOf = (folded: string) => folded.split(/[^\p{L}\p{N}]+/u).filter(Boolean)

export function keyOf(one: Searchable): SearchKey {
  const name = fold(one.name)
  const code = fold(one.code ?? '')
  const phone = phoneOf(one.phone ?? '')
  const words = wordsOf(name)
  return {
    id: one.id,
    exact: exactly(one.name),
    name,
    words,
    initials: words.map((word) => word[0]).join(''),
    code,
    phone,
    tax: (one.tax_no ?? '').replace(/[^0-9]/g, ''),
    all: `${name} ${code} ${fold(one.address)}`,
  }
}

export interface Query {
  typed: string
  folded: string
  words: string[]
  number: string
}

/** A typed text, prepared once. At most 100 signs and 8 words count. */
export function queryOf(text: string): Query {
  const typed = exactly(text.slice(0, 100))
  const folded = fold(typed)
  return { typed, folded, words: wordsOf(folded).slice(0, 8), number: NUMBER.test(typed) ? phoneOf(typed) : '' }
}

/** Whether a word of the text begins with what was typed. */
function begins(text: string, typed: string): boolean {
  for (let at = text.indexOf(typed); at >= 0; at = text.indexOf(typed, at + 1)) if (at === 0 || !LETTER.test(text[at - 1]!)) return true
  return false
}

const tail = (word: string, phone: string) => word.length >= 3 && DIGITS.test(word) && phone.endsWith(word)
const fits = (word: string, key: SearchKey) => key.words.some((known) => known.startsWith(word)) || tail(word, key.phone)

/** How well a customer fits, 0 best; -1 not at all. Slips are another question (`slips`). */
export function rank(key: SearchKey, query: Query): number {
  const { folded, words, number } = query
  if (!folded) return -1
  if (folded === key.code || (number && (number === key.phone || number === key.tax))) return 0
  const initials = folded.length >= 2 && key.initials.startsWith(folded)
  const tax = number.length >= 3 && key.tax.startsWith(number)
  const phone = number.length >= 3 && key.phone.endsWith(number)
  if (!initials && !tax && !phone && !words.every((word) => key.all.includes(word) || tail(word, key.phone))) return -1
  if (begins(key.exact, query.typed)) return 1
  if (begins(key.name, folded)) return 2
  if (words.length && words.every((word) => fits(word, key))) return 3
  if (initials) return 4
  if (phone || tax || (folded.length >= 3 && key.code.includes(folded))) return 5
  if (folded.length >= 3 && key.name.includes(folded)) return 6
  return words.length && words.every((word) => begins(key.all, word)) ? 7 : -1
}

/** Whether one wrong, missing, extra or swapped letter at most lies between two words. */
export function nearly(a: string, b: string): boolean {
  const [short, long] = a.length > b.length ? [b, a] : [a, b]
  const more = long.length - short.length
  if (more > 1) return false
  let start = 0
  while (start < short.length && short.charCodeAt(start) === long.charCodeAt(start)) start++
  let end = 0
  while (end < short.length - start && short.charCodeAt(short.length - 1 - end) === long.charCodeAt(long.length - 1 - end)) end++
  const left = short.length - start - end
  if (more) return left === 0
  return left <= 1 || (left === 2 && short[start] === long[start + 1] && short[start + 1] === long[start])
}

/** Whether every word of a query fits a customer with one slip each. Names repeat their words: each is judged once. */
function slips(query: Query): (key: SearchKey) => boolean {
  const words = query.words.map((word) => ({ word, slippery: word.length >= 4 && !DIGITS.test(word), judged: new Map<string, boolean>() }))
  return (key) =>
    words.every(({ word, slippery, judged }) =>
      key.words.some((known) => {
        let fit = judged.get(known)
        if (fit === undefined) judged.set(known, (fit = known.startsWith(word) || (slippery && nearly(word, known))))
        return fit
      }) || tail(word, key.phone),
    )
}

/** Those of the rows that fit, each with how well: 0 best, equal numbers equally well. Nothing typed: all of them. */
export function hits<T extends { key: SearchKey }>(rows: readonly T[], text: string): { row: T; at: number }[] {
  const query = queryOf(text)
  if (!query.folded) return rows.map((row) => ({ row, at: 0 }))
  const found: { row: T; at: number }[] = []
  for (const row of rows) {
    const r = rank(row.key, query)
    if (r >= 0) found.push({ row, at: 2 * r + (row.key.name.startsWith(query.folded) ? 0 : 1) })
  }
  if (found.length || !query.words.some((word) => word.length >= 4)) return found
  const slipped = slips(query)
  return rows.filter((row) => slipped(row.key)).map((row) => ({ row, at: 2 * SLIP }))
}
