// A store that cannot be opened, or goes away: what is said, and what is tried in which order.
import { beforeEach, expect, test, vi } from 'vitest'
import { isLost, opening, troubleOf, type Trouble } from './lost.ts'

const fault = (name: string, message = '', inner?: Error) => Object.assign(new Error(message), { name, inner })

test('only a connection that died is called again; a full or refusing store is told about', () => {
  expect(isLost(fault('UnknownError', 'Connection to Indexed Database server lost. Refresh the page to try again'))).toBe(true)
  expect(isLost(fault('InvalidStateError'))).toBe(true)
  expect(isLost(fault('AbortError', '', fault('InvalidStateError')))).toBe(true)
  for (const other of [fault('ConstraintError'), fault('TypeError', 'x is not a function'), 'text', null, undefined]) expect(isLost(other)).toBe(false)
  expect(troubleOf(fault('OpenFailedError', '', fault('QuotaExceededError')))).toBe('full')
  expect(troubleOf(fault('MissingAPIError'))).toBe('refused')
})

test('a store that does not answer is told about, and the word is taken back when it opens after all', async () => {
  const told: (Trouble | null)[] = []
  let open!: () => void
  const slow = { open: () => new Promise<never>((resolve) => (open = resolve as () => void)) } as unknown as Parameters<typeof opening>[0]
  const waiting = opening(slow, (trouble) => told.push(trouble), 5)
  await expect.poll(() => told).toEqual(['held'])
  open()
  await waiting
  expect(told).toEqual(['held', null])
})

beforeEach(() => vi.resetModules())

test('lost once it is opened again, lost again the page starts anew, and once more it is called broken', async () => {
  const { recover } = await import('./lost.ts')
  const kept = new Map<string, string>()
  const reload = vi.fn()
  vi.stubGlobal('sessionStorage', { getItem: (k: string) => kept.get(k) ?? null, setItem: (k: string, v: string) => void kept.set(k, v) })
  vi.stubGlobal('location', { reload })
  const store = { open: vi.fn(async () => undefined), close: vi.fn() } as unknown as Parameters<typeof recover>[0]
  expect(await recover(store, 1_000_000)).toBe('again')
  expect(reload).not.toHaveBeenCalled()
  expect(await recover(store, 1_001_000)).toBe('reload')
  expect(await recover(store, 1_002_000)).toBe('broken') // a page that starts anew for ever helps nobody
  expect(reload).toHaveBeenCalledTimes(1)
  expect(await recover(store, 1_100_000)).toBe('reload')
})
