// How much of the phone's price brain its lines prove: `coverage` and `mutants`. Twin: tests/pricing/mutants.py, which asks.
//
// In: one JSON `{price: [lines], convert: [lines], kept: [lines], vectors: [rows], sample, seed, only}`, sample 0 for all. Out: one JSON.
// The sources are changed as texts and run in this process; a mutant is killed when a line gets other bytes, or does not end.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import vm from 'node:vm'
import ts from 'typescript'

const folder = join(import.meta.dirname, '../src/lib/pricing')
const SLOWEST = 10_000 // ms for all questions to one mutant; they take a twentieth of it

// --- the sources as modules ------------------------------------------------------------------------------------------

const sources = new Map()
const options = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.CommonJS }
const parsed = (name, source) => ts.createSourceFile(name, source, ts.ScriptTarget.ES2022, true)
const compiled = (source) => new Function('exports', 'require', '__c', ts.transpileModule(source, { compilerOptions: options }).outputText)

/** Reads a module and everything it imports, what is imported first. */
function collect(name) {
  if (sources.has(name)) return
  const source = readFileSync(join(folder, name), 'utf8')
  sources.set(name, source)
  for (const found of source.matchAll(/^(?:import|export) (?!type).* from '\.\/(.+)'$/gm)) collect(found[1])
}

/** Runs the modules; gives what they export together. */
function started(modules, noted) {
  const ready = new Map()
  const load = (name) => {
    const key = name.replace('./', '')
    if (!ready.has(key)) {
      ready.set(key, {})
      modules.get(key)(ready.get(key), load, noted)
    }
    return ready.get(key)
  }
  return Object.assign({}, ...[...modules.keys()].map(load))
}

/** How each kind of question is answered: as the filters do, and what no line can say (fraction.test.ts, cases.test.ts). */
function answersOf({ priceAnswer, convertAnswer, canonical, priceOrder, refusalOr, Book, Fraction, atDigits, floored, toStep, share }) {
  const ended = (work) => {
    try {
      return String(work())
    } catch (reason) {
      return canonical([String(reason), reason.pointer ?? '', reason.numbers ?? {}])
    }
  }
  return {
    price: priceAnswer,
    convert: convertAnswer,
    kept: (line) => ended(() => {
      const { book: raw, order } = JSON.parse(line)
      const book = new Book(raw)
      return canonical([priceOrder(book, order), priceOrder(book, order), book.promotions === book.promotions])
    }),
    vectors: (rows) => rows.map(([one, other]) => {
      const [a, b] = [one, other].map((text) => new Fraction(...text.split('/').map(BigInt)))
      const parts = [a.add(b), a.sub(b), a.mul(b), a.abs(), toStep(a, b)].map(({ n, d }) => `${n}/${d}`)
      return [parts, ended(() => a.div(b).n), a.compare(b), floored(a), atDigits(a, 2), share(a.n, [1n, 2n, 3n])].join(' ')
    }).join('\n'),
    faults: () => ended(() => refusalOr(() => {
      throw new TypeError('ours')
    })),
  }
}

/** The answers to questions; or the place of the first that is not as expected, -1 where all are. */
function ask(modules, questions, expected, noted) {
  const ways = answersOf(started(modules, noted))
  const answer = ({ kind, given }) => ways[kind](given)
  if (!expected) return questions.map(answer)
  const work = () => questions.findIndex((one, place) => answer(one) !== expected[place])
  try {
    return vm.runInNewContext('work()', { work }, { timeout: SLOWEST })
  } catch {
    return -2 // fell over, or did not end
  }
}

// --- coverage: every condition both ways, every function at all ------------------------------------------------------

const LOGICAL = new Set([ts.SyntaxKind.AmpersandAmpersandToken, ts.SyntaxKind.BarBarToken])

/** The source with a note taken at each condition and function; `points` gets what each is. */
function instrumented(name, source, points) {
  const file = parsed(name, source)
  const inserts = []
  const wrap = (node, kind) => {
    const id = points.push({ name, line: file.getLineAndCharacterOfPosition(node.getStart()).line + 1, text: node.getText(), kind }) - 1
    inserts.push([node.getStart(), `__c(${id}, `])
    return () => inserts.push([node.getEnd(), ')'])
  }
  const visit = (node) => {
    if (ts.isTypeNode(node) || ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) return
    let close
    const { parent } = node
    if (parent && [ts.SyntaxKind.IfStatement, ts.SyntaxKind.WhileStatement].includes(parent.kind) && parent.expression === node) close = wrap(node, 'both')
    else if (parent && (ts.isConditionalExpression(parent) || ts.isForStatement(parent)) && parent.condition === node) close = wrap(node, 'both')
    else if (parent && ts.isBinaryExpression(parent) && parent.left === node && LOGICAL.has(parent.operatorToken.kind)) close = wrap(node, 'both')
    else if (parent && ts.isBinaryExpression(parent) && parent.left === node && parent.operatorToken.kind === ts.SyntaxKind.QuestionQuestionToken) close = wrap(node, 'nullish')
    else if (parent?.questionDotToken && parent.expression === node) close = wrap(node, 'nullish')
    else if (parent && ts.isArrowFunction(parent) && parent.body === node && !ts.isBlock(node)) close = wrap(node, 'run')
    else if (parent && ts.isFunctionLike(parent) && parent.body === node)
      inserts.push([node.getStart() + 1, `__c(${points.push({ name, line: file.getLineAndCharacterOfPosition(parent.getStart()).line + 1, text: `${parent.name?.getText() ?? 'function'}()`, kind: 'run' }) - 1}, 0);`])
    ts.forEachChild(node, visit)
    close?.()
  }
  visit(file)
  return spliced(source, inserts.map(([at, text]) => [at, at, text]))
}

/** A text with pieces replaced; pieces at one place keep their order. */
function spliced(source, pieces) {
  let out = ''
  let last = 0
  for (const [from, to, text] of pieces.map((one, i) => [...one, i]).sort((a, b) => a[0] - b[0] || a[3] - b[3])) {
    out += source.slice(last, from) + text
    last = to
  }
  return out + source.slice(last)
}

/** What no question brought about, as `{name, line, text, missing}`. */
function coverage(questions) {
  const points = []
  const modules = new Map([...sources].map(([name, source]) => [name, compiled(instrumented(name, source, points))]))
  const seen = points.map(() => new Set())
  ask(modules, questions, null, (id, value) => {
    const { kind } = points[id]
    seen[id].add(kind === 'run' ? 'run' : kind === 'both' ? (value ? 'true' : 'false') : value === null || value === undefined ? 'absent' : 'present')
    return value
  })
  const wanted = { run: ['run'], both: ['true', 'false'], nullish: ['absent', 'present'] }
  const all = points.flatMap(({ kind, ...point }, id) => wanted[kind].map((missing) => ({ ...point, missing, met: seen[id].has(missing) })))
  return { outcomes: all.length, missed: all.filter(({ met }) => !met).map(({ met, ...point }) => point) }
}

// --- mutants ---------------------------------------------------------------------------------------------------------

const SWAPS = {
  '<': ['<=', '>='], '<=': ['<', '>'], '>': ['>=', '<='], '>=': ['>', '<'], '===': ['!=='], '!==': ['==='], '+': ['-'], '-': ['+'], '*': ['/'],
  '/': ['*'], '%': ['*'], '&&': ['||'], '||': ['&&'], '??': ['&&'], '+=': ['-='], '-=': ['+='],
}
const CALLS = { some: 'every', every: 'some', add: 'sub', sub: 'add', mul: 'div', div: 'mul', min: 'max', max: 'min', floored: 'rounded', larger: 'lesser', lesser: 'larger' }
const DROPPED = new Set(['filter', 'sort', 'slice', 'abs', 'replace', 'padStart'])

/** Every mutant of a source: where it starts and ends, and what stands there instead. */
function mutantsOf(name, source) {
  const file = parsed(name, source)
  const found = []
  const put = (node, text) => found.push({ name, from: node.getStart(), to: node.getEnd(), text, line: file.getLineAndCharacterOfPosition(node.getStart()).line + 1, was: node.getText() })
  const visit = (node) => {
    if (ts.isTypeNode(node) || ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node) || ts.isImportDeclaration(node)) return
    if (ts.isBinaryExpression(node)) for (const text of SWAPS[node.operatorToken.getText()] ?? []) put(node.operatorToken, text)
    if (ts.isPrefixUnaryExpression(node) && node.operator !== ts.SyntaxKind.PlusPlusToken) put(node, `(${node.operand.getText()})`)
    if ((ts.isIfStatement(node) || ts.isWhileStatement(node)) && !ts.isLiteralTypeNode(node.expression)) both(node.expression)
    if (ts.isConditionalExpression(node)) both(node.condition)
    if (node.kind === ts.SyntaxKind.TrueKeyword) put(node, 'false')
    if (node.kind === ts.SyntaxKind.FalseKeyword) put(node, 'true')
    if (ts.isBigIntLiteral(node)) put(node, `${BigInt(node.text.slice(0, -1)) + 1n}n`)
    if (ts.isNumericLiteral(node)) put(node, `${Number(node.text) + 1}`)
    if (ts.isStringLiteral(node) && !ts.isExportDeclaration(node.parent)) put(node, node.text ? `''` : `'+'`)
    if (ts.isCallExpression(node)) called(node)
    if (ts.isExpressionStatement(node)) put(node, ';')
    if (ts.isContinueStatement(node) || ts.isBreakStatement(node)) put(node, ';')
    if (node.questionDotToken) put(node.questionDotToken, node.kind === ts.SyntaxKind.CallExpression ? '' : '.')
    ts.forEachChild(node, visit)
  }
  const both = (node) => ['true', 'false'].forEach((text) => put(node, text))
  const called = (node) => {
    const target = ts.isPropertyAccessExpression(node.expression) ? node.expression.name : node.expression
    if (CALLS[target.getText()]) put(target, CALLS[target.getText()])
    if (ts.isPropertyAccessExpression(node.expression) && DROPPED.has(target.getText())) put(node, node.expression.expression.getText())
  }
  visit(file)
  return found
}

/** A number of 32 bits after another, the same on every machine (mulberry32). */
function random(seed) {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Some mutants (0: all), and those no question kills. The question that killed last is asked first. */
function survivors(questions, { sample, seed, only }) {
  const next = random(seed)
  const all = [...sources].filter(([name]) => name.includes(only)).flatMap(([name, source]) => mutantsOf(name, source)).map((one) => ({ one, place: next() }))
  const tried = sample ? all.sort((a, b) => a.place - b.place).slice(0, sample) : all
  const modules = new Map([...sources].map(([name, source]) => [name, compiled(source)]))
  const expected = ask(modules, questions, null)
  const survived = []
  for (const { one } of tried) {
    const source = sources.get(one.name)
    const changed = new Map(modules)
    try {
      changed.set(one.name, compiled(spliced(source, [[one.from, one.to, one.text]])))
    } catch {
      continue // no program at all
    }
    const killer = ask(changed, questions, expected)
    if (killer === -1) {
      survived.push({ name: one.name, line: one.line, code: source.split('\n')[one.line - 1].trim(), was: one.was, becomes: one.text })
      console.error(`phone: ${JSON.stringify(survived.at(-1))}`) // all mutants take minutes: see what comes of them
    } else if (killer > 0) for (const list of [questions, expected]) list.unshift(...list.splice(killer, 1))
  }
  return { mutants: all.length, tried: tried.length, survived }
}

const asked = JSON.parse(readFileSync(0, 'utf8'))
const questions = ['price', 'convert', 'kept', 'vectors'].flatMap((kind) => asked[kind].map((given) => ({ kind, given })))
questions.push({ kind: 'faults' })
collect('answering.ts')
console.log(JSON.stringify(process.argv[2] === 'coverage' ? coverage(questions) : survivors(questions, asked)))
