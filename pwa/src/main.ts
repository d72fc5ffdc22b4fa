// Starts the app: the signed-in user from this phone, the texts, then the screens; then talks to the office.
import { liveQuery } from 'dexie'
import { mount } from 'svelte'
import './app.css'
import App from './App.svelte'
import { enter } from './lib/app.svelte.ts'
import { desk } from './lib/desk.ts'
import { watchForUpdates } from './lib/updates.ts'

await enter(await desk.session())
const target = document.getElementById('app')!
target.replaceChildren()
mount(App, { target })
void watchForUpdates()

// Signed in, expired or gone: said by this page, the worker or another tab.
let known = JSON.stringify((await desk.session()) ?? null)
liveQuery(() => desk.session()).subscribe((session) => {
  const now = JSON.stringify(session ?? null)
  if (now !== known) void enter(session)
  known = now
})

// A chunk of an older build that is no longer there: the page is reloaded once to get the build that is.
addEventListener('vite:preloadError', (event) => {
  if (!sessionStorage.getItem('reloaded') && navigator.onLine) {
    sessionStorage.setItem('reloaded', '1')
    event.preventDefault()
    location.reload()
  }
})
