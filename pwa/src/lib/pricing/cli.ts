// The phone's price brain as a filter under Node: `node price-cli.mjs price|convert`, JSON lines in and out.
// `tuyen price --engine phone` runs it (backend/pricing/filters.py), so that anybody can compare the two brains.
import { convertAnswer, priceAnswer } from './answering.ts'

const answer = process.argv[2] === 'convert' ? convertAnswer : priceAnswer
const decoder = new TextDecoder()
let rest = ''

function answerLines(lines: string[]): void {
  const answers = lines.filter((line) => line.trim()).map(answer)
  if (answers.length) process.stdout.write(`${answers.join('\n')}\n`)
}

for await (const chunk of process.stdin as AsyncIterable<Uint8Array>) {
  const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
  rest = lines.pop() ?? ''
  answerLines(lines)
}
answerLines([rest])
