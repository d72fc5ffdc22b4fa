// First step of the Vietnamese address parser: words, segments and labels ("P.", "quận") of a text, and name keys.
// The twin of backend/geo/address_vi_text.py, to the letter: what the phone reads is what the office will read.
// Accents are kept beside the folded words, because they tell "Tân Phú" from "Tấn Phú" when the writer used them.

/** Words read, counted from the right: an address says where it is at its end. */
const LONGEST = 56
/** Characters (code points) read, from the right. */
const LONGEST_TEXT = 700

// Python's \w, \s and str.isdigit, which are wider than JavaScript's.
const LETTER = '\\p{L}\\p{Nl}\\p{No}'
const WORDISH = '\\p{L}\\p{N}_'
const SPACE = '\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000'
const ALL_DIGITS =
  /^[\p{Nd}\u{b2}\u{b3}\u{b9}\u{1369}-\u{1371}\u{19da}\u{2070}\u{2074}-\u{2079}\u{2080}-\u{2089}\u{2460}-\u{2468}\u{2474}-\u{247c}\u{2488}-\u{2490}\u{24ea}\u{24f5}-\u{24fd}\u{24ff}\u{2776}-\u{277e}\u{2780}-\u{2788}\u{278a}-\u{2792}\u{10a40}-\u{10a43}\u{10e60}-\u{10e68}\u{11052}-\u{1105a}\u{1f100}-\u{1f10a}]+$/u

const TONES: ReadonlyMap<string, string> = new Map([['\u0300', '1'], ['\u0301', '2'], ['\u0303', '3'], ['\u0309', '4'], ['\u0323', '5']])
const WORD = new RegExp(`[${LETTER}]+|\\p{Nd}+[${LETTER}]*|[,;\\n|()\\[\\]\\/]|[${SPACE}]-[${SPACE}]|-`, 'gu')
const begins = `(?<![${WORDISH}])`
const ends = `(?![${WORDISH}])`
const GLUED = new RegExp(`(${begins}[pqf][${SPACE}]?\\.?[${SPACE}]?\\p{Nd}{1,2})(?=[pqfth])`, 'gu')
const DOTTED: readonly [RegExp, string][] = [
  [new RegExp(`${begins}t[${SPACE}]?[.][${SPACE}]?p${ends}`, 'gu'), 'tp'],
  [new RegExp(`${begins}t[${SPACE}]?[.\\/][${SPACE}]?x${ends}`, 'gu'), 'tx'],
  [new RegExp(`${begins}t[${SPACE}]?[.\\/][${SPACE}]?t${ends}`, 'gu'), 'tt'],
]
const BREAKS = new Set([',', ';', '\n', '|', '(', ')', '[', ']'])
const OLD_MARK = new RegExp(`${begins}(?:cũ|trước đây|nay là|nay thuộc)${ends}|\\([${SPACE}]*mới[${SPACE}]*\\)`, 'gu')

export const WARD = 'Phường'
export const COMMUNE = 'Xã'
export const TOWNLET = 'Thị trấn'
export const ZONE = 'Đặc khu'
export const DISTRICT = 'Quận'
export const RURAL = 'Huyện'
export const TOWN = 'Thị xã'
export const CITY = 'Thành phố'
export const PROVINCE = 'Tỉnh'

/** Labels of one word. */
export const LABELS_1: ReadonlyMap<string, string> = new Map([
  ['p', WARD], ['f', WARD], ['ph', WARD], ['phuong', WARD], ['phg', WARD], ['ward', WARD], ['fuong', WARD],
  ['x', COMMUNE], ['xa', COMMUNE], ['commune', COMMUNE],
  ['tt', TOWNLET], ['ttr', TOWNLET], ['thitran', TOWNLET], ['township', TOWNLET],
  ['dk', ZONE],
  ['q', DISTRICT], ['quan', DISTRICT], ['district', DISTRICT], ['dist', DISTRICT], ['qu', DISTRICT],
  ['h', RURAL], ['huyen', RURAL],
  ['tx', TOWN], ['thixa', TOWN],
  ['tp', CITY], ['thanhpho', CITY],
  ['t', PROVINCE], ['tinh', PROVINCE],
])
/** Labels of two words, joined by a blank. */
export const LABELS_2: ReadonlyMap<string, string> = new Map([['thi tran', TOWNLET], ['dac khu', ZONE], ['thi xa', TOWN], ['thanh pho', CITY]])
/** English labels, which follow the name. */
export const AFTER: ReadonlyMap<string, string> = new Map([
  ['ward', WARD], ['commune', COMMUNE], ['township', TOWNLET], ['district', DISTRICT], ['dist', DISTRICT], ['town', TOWN], ['city', CITY], ['province', PROVINCE],
])
export const WARD_LABELS: ReadonlySet<string> = new Set([WARD, COMMUNE, TOWNLET, ZONE])
export const DISTRICT_LABELS: ReadonlySet<string> = new Set([DISTRICT, RURAL, TOWN, CITY])
export const STREET_WORDS: ReadonlySet<string> = new Set([
  'duong', 'pho', 'ngo', 'ngach', 'hem', 'kiet', 'hxh', 'kdc', 'kdt', 'kcn', 'ccn', 'ql', 'tl', 'dt', 'cau', 'cho', 'ap', 'thon', 'to', 'kp', 'khom', 'so', 'toa', 'lo', 'lau', 'tang', 'nha',
  'street', 'st', 'road', 'bai', 'khu', 'ben', 'cang', 'benh', 'truong', 'chua', 'dinh', 'ga', 'quoc', 'dai', 'd',
])
const ABROAD: ReadonlySet<string> = new Set([
  'campuchia', 'cambodia', 'lao', 'laos', 'thailan', 'thailand', 'trungquoc', 'china', 'singapore', 'malaisia', 'indonesia', 'hanquoc', 'korea', 'nhatban', 'japan', 'dailoan', 'taiwan', 'mi', 'usa',
  'mianmar', 'philippines',
])
const TAIL_WORDS: ReadonlySet<string> = new Set(['vn', 'vietnam', 'viet', 'nam'])

/** One word: folded form, accented form, its segment (between commas) and how many hard breaks stand before it. */
export interface Word {
  text: string
  tone: string
  segment: number
  block: number
  accented: boolean
}

/** Length in code points, as the office counts. */
export const size = (text: string): number => (/[\ud800-\udfff]/.test(text) ? [...text].length : text.length)

/** Whether a text is digits and nothing else (superscripts count, as they do in Python). */
export const isDigits = (text: string): boolean => ALL_DIGITS.test(text)

/** Whether a text begins with a digit. */
export const startsWithDigit = (text: string): boolean => {
  const first = text.codePointAt(0)
  return first !== undefined && isDigits(String.fromCodePoint(first))
}

/** Whether a mark has a combining class: then normalisation moves it before the last class of all (U+0345). */
function combining(mark: string): boolean {
  if (mark >= '\u0300' && mark <= '\u036f') return mark !== '\u034f'
  return /\p{M}/u.test(mark) && `a\u0345${mark}`.normalize('NFD') !== `a\u0345${mark}`
}

const folded = new Map<string, readonly [string, string]>()

/** [folded with i for y, accent form: letters with hats and horns, then tone digits in any order of writing]. */
export function foldWord(word: string): readonly [string, string] {
  let found = folded.get(word)
  if (!found) {
    if (folded.size > 20_000) folded.clear()
    folded.set(word, (found = freshFold(word)))
  }
  return found
}

function freshFold(word: string): readonly [string, string] {
  if (/^[a-z]+$/.test(word)) {
    const plain = iy(word)
    return [plain, plain]
  }
  let letters = ''
  let tones = ''
  let plain = ''
  for (const mark of word.replaceAll('đ', '\u0001').normalize('NFD')) {
    const tone = TONES.get(mark)
    if (tone) tones += tone
    else {
      letters += mark
      if (!combining(mark)) plain += mark
    }
  }
  plain = plain.replaceAll('\u0001', 'd')
  if (isDigits(plain)) {
    plain = plain.replace(/^0+/, '') || '0'
    return [plain, plain]
  }
  const hatted = letters.normalize('NFC').replaceAll('\u0001', 'đ')
  return [iy(plain), iy(hatted) + [...tones].sort().join('')]
}

const iy = (word: string): string => (word.includes('y') ? word.replace(/(?<![aeouâ])y|(?<=qu)y/g, 'i') : word)

/** Lower case, composed accents, one kind of đ, no dots that only abbreviate. */
function clean(text: string): string {
  const points = text.length > LONGEST_TEXT ? [...text].slice(-LONGEST_TEXT).join('') : text
  let lowered = points.normalize('NFC').replaceAll('Ð', 'đ').replaceAll('ð', 'đ').toLowerCase()
  lowered = lowered.replace(OLD_MARK, ' ')
  for (const [pattern, short] of DOTTED) lowered = lowered.replace(pattern, short)
  return lowered.replace(GLUED, '$1 ')
}

/** The last words of the text, without the country, the post code and phone numbers at its end. */
export function wordsOf(text: string): Word[] {
  const words: Word[] = []
  let segment = 0
  let block = 0
  for (const [part] of clean(text).matchAll(WORD)) {
    if (BREAKS.has(part)) {
      segment += 1
      block += 1
    } else if (part === '-' || (part.length === 3 && part[1] === '-')) segment += part.length > 1 ? 1 : 0
    else if (part !== '/') {
      const [plain, tone] = foldWord(part)
      words.push({ text: plain, tone, segment, block, accented: tone !== plain })
    }
  }
  for (let last = words.at(-1); last && (TAIL_WORDS.has(last.text) || (isDigits(last.text) && size(last.text) > 4)); last = words.at(-1)) {
    if (last.text === 'nam' && words.at(-2)?.text !== 'viet') break
    words.pop()
  }
  return words.slice(-LONGEST)
}

/** Whether the last segment is nothing but the name of another country. */
export function isAbroad(words: readonly Word[]): boolean {
  const last = words.filter((word) => word.segment === words.at(-1)!.segment).map((word) => word.text)
  return words.length > last.length && ABROAD.has(last.join(''))
}

// Tables hold thirteen thousand names, nearly all of them letters and blanks: those need no searching.
const named = (name: string): string[] => (/[^a-zà-öø-ʯḀ-ỹ ]/.test(name) ? [...name.matchAll(WORD)].map(([part]) => part).filter((part) => /^[\p{L}\p{N}]/u.test(part)) : name.split(' '))

/** The key of a name: "Bà Rịa - Vũng Tàu" -> "bariavungtau"; "07" -> "7". */
export const keyOf = (name: string): string => (/^[a-z]+$/.test(name) ? iy(name) : bothOf(name)[0])

/** The key of a name, and its accent form, to compare with what was typed. Names of the tables are composed (NFC). */
export function bothOf(name: string): readonly [key: string, tone: string] {
  let key = ''
  let tone = ''
  for (const part of named(name.toLowerCase())) {
    if (!part) continue
    const fold = foldWord(part)
    key += fold[0]
    tone += fold[1]
  }
  return [key, tone]
}
