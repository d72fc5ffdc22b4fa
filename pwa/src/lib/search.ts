// Finding a customer among ten thousand while typing: everything is held folded in memory and scanned.
// Order: exact accents, then words of the name, code, phone tail, initials, address; one typo when nothing else fits.
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
  initials: string
  code: string
  phone: string
  tax: string
  address: string
  /** Name, code and address together. */
  all: string
}

const exactly = (text: string) => text.normalize('NFC').toLowerCase().replace(/\s+/g, ' ').trim()

export function keyOf(one: Searchable): SearchKey {
  const name = fold(one.name)
  const code = fold(one.code ?? '')
  const address = fold(one.address)
  return {
    id: one.id,
    exact: exactly(one.name),
    name,
    initials: name.split(' ').map((word) => word[0] ?? '').join(''),
    code,
    phone: digits(one.phone ?? ''),
    tax: digits(one.tax_no ?? ''),
    address,
    all: `${name} ${code} ${address}`,
  }
}

export interface Query {
  text: string
  exact: string
  folded: string
  words: string[]
  digits: string
}

export function queryOf(text: string): Query {
  const folded = fold(text)
  const numeric = /^[\d\s.+-]+$/.test(text.trim())
  return { text, exact: exactly(text), folded, words: folded.split(' ').filter(Boolean), digits: numeric ? digits(text) : '' }
}

const begins = (text: string, word: string): boolean => text.startsWith(word) || text.includes(` ${word}`)

/** How well a customer fits, 0 best; -1 not at all. */
export function rank(key: SearchKey, query: Query): number {
  const { folded, words } = query
  if (!folded) return 0
  // Most customers fit in no way at all: one look at everything of theirs says so.
  if (!query.digits && words.some((word) => !key.all.includes(word)) && !key.initials.includes(folded)) return -1
  const accented = query.exact !== folded
  if (accented && begins(key.exact, query.exact)) return key.exact.startsWith(query.exact) ? 0 : 1
  if (key.code && (key.code === folded || key.tax === query.digits && query.digits)) return 2
  if (key.name.startsWith(folded)) return accented ? 4 : 3
  if (begins(key.name, folded)) return 5
  if (words.every((word) => begins(key.name, word))) return 6
  if (key.code && (key.code.startsWith(folded) || (folded.length >= 3 && key.code.endsWith(folded)))) return 7
  if (query.digits.length >= 3 && key.phone.endsWith(query.digits)) return 8
  if (words.length === 1 && folded.length >= 2 && key.initials.includes(folded)) return 9
  if (query.digits.length >= 3 && (key.phone.includes(query.digits) || key.tax.startsWith(query.digits))) return 10
  if (words.every((word) => begins(key.all, word))) return 11
  if (folded.length >= 3 && words.every((word) => key.all.includes(word))) return 12
  return -1
}

/** One letter too many, missing, wrong, or two swapped. */
export function nearly(a: string, b: string): boolean {
  if (Math.abs(a.length - b.length) > 1) return false
  let i = 0
  while (i < a.length && i < b.length && a[i] === b[i]) i++
  const rest = (x: number, y: number) => a.slice(i + x) === b.slice(i + y)
  return rest(1, 1) || rest(1, 0) || rest(0, 1) || (a[i] === b[i + 1] && a[i + 1] === b[i] && rest(2, 2))
}

function typo(key: SearchKey, query: Query): boolean {
  const words = key.name.split(' ')
  return query.words.every((word) => words.some((other) => other.startsWith(word) || (word.length >= 3 && nearly(word, other))))
}

/** Ids that fit, best first; ties in the order given. */
export function find(keys: Iterable<SearchKey>, text: string): string[] {
  const query = queryOf(text)
  const ranked: { id: string; at: number; r: number }[] = []
  let at = 0
  for (const key of keys) {
    const r = rank(key, query)
    if (r >= 0) ranked.push({ id: key.id, at, r })
    at++
  }
  if (!ranked.length && query.words.some((word) => word.length >= 3)) {
    for (const key of keys) if (typo(key, query)) ranked.push({ id: key.id, at: at++, r: 99 })
  }
  return ranked.sort((a, b) => a.r - b.r || a.at - b.at).map((one) => one.id)
}
