// Starts the app: the signed-in user from this phone, the texts, then the screens.
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

// A chunk of an older build that is no longer there: the page is reloaded once to get the build that is.
addEventListener('vite:preloadError', (event) => {
  if (!sessionStorage.getItem('reloaded') && navigator.onLine) {
    sessionStorage.setItem('reloaded', '1')
    event.preventDefault()
    location.reload()
  }
})
