// Signing in and being signed in. The session cookie is the browser's; what the app keeps is who it belongs to.
import { API, call, json, Problem } from './api.ts'
import { desk, type Me, type Role, type Session } from './desk.ts'
import { newId } from './ids.ts'

export type { Me, Role, Session }

/** The install id of this phone for a user; stays the same over logins until the phone is wiped. */
async function deviceOf(login: string): Promise<string> {
  const known = (await desk.read<Record<string, string>>('devices')) ?? {}
  if (known[login]) return known[login]
  const device = newId()
  await desk.write('devices', { ...known, [login]: device })
  return device
}

/** What the office calls this install in its list of devices: the platform and the browser, no more. */
function phoneName(): string {
  const hints = (navigator as { userAgentData?: { platform: string; brands: { brand: string }[] } }).userAgentData
  const brand = hints?.brands.map((one) => one.brand).find((name) => !/not.?a.?brand/i.test(name))
  return [hints?.platform ?? navigator.platform, brand].filter(Boolean).join(' · ').slice(0, 100)
}

/** Opens a session; throws `Problem` (401 wrong, 429 too many tries, 0 not reached). */
export async function signIn(login: string, password: string): Promise<Session> {
  const device = await deviceOf(login)
  const me = await json<Me>('session', { method: 'POST', body: { login, password, device: { id: device, name: phoneName() } } })
  const session: Session = { me, device, at: Date.now() }
  await desk.write('session', session)
  return session
}

const FRESH_MS = 10_000

/** Asks the office who we are; keeps what is known when it cannot be reached. */
export async function refreshSession(): Promise<Session | undefined> {
  const known = await desk.session()
  if (!known) return undefined
  // Whoever signed in this moment need not ask again; on a slow line that is the first customers' turn.
  if (!known.expired && Math.abs(Date.now() - known.at) < FRESH_MS) return known
  try {
    const me = await json<Me>('me', { timeout: 15_000 })
    // Another account signed in with this browser's cookie must never be mixed with this user's data.
    const fresh: Session = me.id === known.me.id ? { ...known, me, at: Date.now(), expired: false } : { ...known, expired: true }
    await desk.write('session', fresh)
    return fresh
  } catch (reason) {
    if (reason instanceof Problem && reason.status === 401) return expire()
    return known
  }
}

/** Marks the session as no longer known by the office. Nothing of the user's work is touched. */
export async function expire(): Promise<Session | undefined> {
  const known = await desk.session()
  if (known && !known.expired) await desk.write('session', { ...known, expired: true })
  return known && { ...known, expired: true }
}

/** Tells the office; the phone's own copy is wiped by `leaving.ts`. */
export async function closeSession(): Promise<void> {
  try {
    await call(`${API}/session`, { method: 'DELETE', timeout: 8000 })
  } catch {
    // The office ends it by itself; being unreachable must not keep somebody signed in on a shared phone.
  }
  await desk.erase('session')
}
