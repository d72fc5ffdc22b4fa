// The phone's price brain as a filter under Node: `node price-cli.mjs price|convert`, JSON lines in and out.
// `tuyen price --engine phone` runs it (backend/pricing/filters.py), so that anybody can compare the two brains.
// `node price-cli.mjs time` says how long one order takes: the benchmark of bench/pricing.py.
import { convertAnswer, priceAnswer } from './answering.ts'
import { Book } from './book.ts'
import { priceOrder } from './rules.ts'

const WAYS: Record<string, (line: string) => string> = { price: priceAnswer, convert: convertAnswer, time: timed }
const answer = WAYS[process.argv[2] ?? ''] ?? priceAnswer
const decoder = new TextDecoder()
let rest = ''

function answerLines(lines: string[]): void {
  const answers = lines.filter((line) => /[^ \t\r\n]/.test(line)).map(answer)
  if (answers.length) process.stdout.write(`${answers.join('\n')}\n`)
}

/** `{book, order, times}`: milliseconds of processor time of the first order of a fresh book, and of each of the next ones. */
function timed(line: string): string {
  const { book, order, times } = JSON.parse(line) as { book: object; order: object; times: number }
  const ms = (work: () => unknown): number => {
    const start = process.cpuUsage()
    work()
    const { user, system } = process.cpuUsage(start)
    return (user + system) / 1000
  }
  let read: Book | null = null
  const first = ms(() => priceOrder((read = new Book(book)), order))
  return JSON.stringify({ first, next: Array.from({ length: times }, () => ms(() => priceOrder(read, order))) })
}

for await (const chunk of process.stdin as AsyncIterable<Uint8Array>) {
  const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
  rest = lines.pop() ?? ''
  answerLines(lines)
}
answerLines([rest])
