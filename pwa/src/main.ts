// Starts the app: the signed-in user from this phone, the texts, then the screens; then talks to the office.
import { liveQuery } from 'dexie'
import { mount } from 'svelte'
import './app.css'
import App from './App.svelte'
import { enter, mended, signedIn } from './lib/app.svelte.ts'
import { desk } from './lib/desk.ts'
import { partMissing, watchForUpdates } from './lib/updates.ts'
import { warm } from './routes.ts'

if (navigator.serviceWorker?.controller) warm(/^#(\/[^?]*)/.exec(location.hash)?.[1] ?? '/')
const begun = await signedIn()
await enter(begun)
const target = document.getElementById('app')!
target.replaceChildren()
mount(App, { target })
void watchForUpdates()

// Signed in, expired or gone: said by this page, the worker or another tab.
let known = JSON.stringify(begun ?? null)
liveQuery(() => desk.session()).subscribe({
  next(session) {
    const now = JSON.stringify(session ?? null)
    if (now !== known) void enter(session)
    known = now
  },
  error: (reason) => console.warn('nobody knows who is signed in', reason),
})
addEventListener('unhandledrejection', (event) => void mended(event.reason))

addEventListener('vite:preloadError', () => void partMissing().catch(() => undefined))
