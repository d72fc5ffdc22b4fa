// A line that dies, or a question given up, at any moment of an answer is a `Problem` like any other.
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { call, json, Problem, read } from './api.ts'
import { signedIn } from './testing.ts'

let office: Server
let home = ''

beforeAll(async () => {
  // Says that much is coming, sends the beginning, and then: stays silent, dies, or had nothing sensible to say.
  office = createServer((request, answer) => {
    answer.writeHead(request.url === '/not-whole' ? 408 : 200, { 'Content-Type': 'application/json', ...(request.url === '/nonsense' ? {} : { 'Content-Length': '1000' }) })
    if (request.url === '/not-whole') answer.end('{"title": "the rest never came"}'.padEnd(1000))
    else if (request.url === '/nonsense') answer.end('<html>a hotspot wants a password</html>')
    else answer.write('{"items": [', () => { if (request.url === '/dies') setTimeout(() => request.socket.destroy(), 20) })
  })
  await new Promise<void>((begun) => office.listen(0, '127.0.0.1', begun))
  home = `http://127.0.0.1:${(office.address() as AddressInfo).port}`
})
afterAll(() => { office.closeAllConnections(); office.close() })

/** `call` prefixes what does not begin with a slash; the office of this test stands elsewhere. */
function reach(path: string): string {
  const fetched = globalThis.fetch
  globalThis.fetch = (_, init) => { globalThis.fetch = fetched; return fetched(home + path, init) }
  return path
}

test.each(['given up', 'dies', 'nonsense'])('an answer that is %s on the way counts as unreached', async (how) => {
  await signedIn()
  const stop = new AbortController()
  const asked = json(reach(`/${how.replace(' ', '-')}`), { signal: stop.signal })
  if (how === 'given up') setTimeout(() => stop.abort(), 100)
  const reason: unknown = await asked.then(() => null, (why: unknown) => why)
  expect(reason).toBeInstanceOf(Problem)
  expect((reason as Problem).offline).toBe(true)
})

test('a request that the office says it did not get whole counts as unreached: nothing is refused for a bad line', async () => {
  await signedIn()
  const reason: unknown = await json(reach('/not-whole')).then(() => null, (why: unknown) => why)
  expect(reason).toMatchObject({ name: 'Problem', code: 'network', offline: true })
})

test('what else reads an answer meets the same refusal', async () => {
  await signedIn()
  const answer = await call(reach('/dies'))
  await expect(read(answer.arrayBuffer())).rejects.toMatchObject({ name: 'Problem', code: 'network', offline: true })
})
