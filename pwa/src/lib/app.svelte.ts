// What the whole app knows while it is open: who is signed in, whether there is a network, whether a new build waits.
import { pinStore } from './db.ts'
import { desk, type Session } from './desk.ts'
import { settle, speak, type Language } from './i18n.svelte.ts'

const state = $state<{ session: Session | null; online: boolean; update: ServiceWorker | null }>({
  session: null,
  online: typeof navigator === 'undefined' ? true : navigator.onLine,
  update: null,
})

export const app = {
  get session(): Session | null {
    return state.session
  },
  get roles(): readonly string[] {
    return state.session?.me.roles ?? []
  },
  /** Whether any of these roles is the user's. */
  is: (...roles: string[]): boolean => roles.some((role) => app.roles.includes(role)),
  get online(): boolean {
    return state.online
  },
  set online(value: boolean) {
    state.online = value
  },
  /** A new build waiting to take over, or null. */
  get update(): ServiceWorker | null {
    return state.update
  },
  set update(worker: ServiceWorker | null) {
    state.update = worker
  },
}

/** Takes a session as the current one: language, time zone and currency follow it. */
export async function enter(session: Session | undefined): Promise<void> {
  const wanted = (await desk.read<Language>('language')) ?? session?.me.language ?? 'vi'
  if (session) settle(session.me.company.time_zone, session.me.company.currency)
  await speak(wanted)
  pinStore(session?.me.id ?? null)
  state.session = session ?? null
}

/** Switches the language for good; the office is told when it can be. */
export async function switchLanguage(wanted: Language): Promise<void> {
  await desk.write('language', wanted)
  await speak(wanted)
}
