// What the whole app knows while it is open: who is signed in, whether there is a network, whether a new build waits.
import { pinStore, storeOf } from './db.ts'
import { desk, type Session } from './desk.ts'
import { settle, speak, type Language } from './i18n.svelte.ts'
import { isLost, opening, recover, type Trouble } from './lost.ts'

const state = $state<{ session: Session | null; online: boolean; update: ServiceWorker | null; trouble: Trouble | null }>({
  session: null,
  trouble: null,
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
  /** What keeps the phone's store from being used, or null. */
  get trouble(): Trouble | null {
    return state.trouble
  },
  /** A new build waiting to take over, or null. */
  get update(): ServiceWorker | null {
    return state.update
  },
  set update(worker: ServiceWorker | null) {
    state.update = worker
  },
}

const tell = (trouble: Trouble | null): void => void (state.trouble = trouble)

/** Who is signed in; undefined also when the phone's store does not say, which `app.trouble` then explains. */
export async function signedIn(): Promise<Session | undefined> {
  const silent = new Promise<undefined>((end) => void opening(desk, (trouble) => { tell(trouble); if (trouble) end(undefined) }))
  return Promise.race([desk.session().catch(() => silent), silent])
}

/** Takes a session as the current one: language, time zone and currency follow it. */
export async function enter(session: Session | undefined): Promise<void> {
  const chosen = state.trouble && !state.session ? browserLanguage() : await desk.read<Language>('language')
  const wanted = chosen ?? session?.me.language ?? 'vi'
  if (session) settle(session.me.company.time_zone, session.me.company.currency)
  await speak(wanted)
  pinStore(session?.me.id ?? null)
  if (session) void opening(storeOf(session.me.id), tell)
  state.session = session ?? null
}

/** Without the store nobody knows which language was chosen here. */
const browserLanguage = (): Language => (navigator.language.startsWith('en') ? 'en' : 'vi')

/** An error that may mean that the store's connection died; true when it is there again and the question can be put once more. */
export async function mended(reason: unknown): Promise<boolean> {
  if (!isLost(reason) || !state.session) return false
  const outcome = await recover(storeOf(state.session.me.id))
  if (outcome === 'broken') tell('refused')
  return outcome === 'again'
}

/** Switches the language for good; the office is told when it can be. */
export async function switchLanguage(wanted: Language): Promise<void> {
  if (!state.trouble) await desk.write('language', wanted)
  await speak(wanted)
}
