// Installs the service worker and tells when a new build waits. It takes over only when the user says so.
import { app } from './app.svelte.ts'
import { scriptUrl } from './trusted.ts'

export async function watchForUpdates(): Promise<void> {
  if (!('serviceWorker' in navigator) || import.meta.env.DEV) return
  // The first worker takes over silently; a newer one only once it was offered, in this tab and those beside it.
  let offered = false
  navigator.serviceWorker.addEventListener('controllerchange', () => {
    if (offered) location.reload()
  })
  const registration = await navigator.serviceWorker.register(scriptUrl('/sw.js'), { scope: '/', updateViaCache: 'none' })
  const offer = (worker: ServiceWorker | null) => {
    if (worker && navigator.serviceWorker.controller) {
      offered = true
      app.update = worker
    }
  }
  offer(registration.waiting)
  registration.addEventListener('updatefound', () => {
    const coming = registration.installing
    coming?.addEventListener('statechange', () => {
      if (coming.state === 'installed') offer(registration.waiting)
    })
  })
  const look = () => document.visibilityState === 'visible' && navigator.onLine && registration.update().catch(() => undefined)
  document.addEventListener('visibilitychange', look)
  setInterval(look, 3_600_000)
}

/** Lets the waiting build take over; the page reloads once it has. */
export function takeUpdate(): void {
  app.update?.postMessage({ type: 'SKIP_WAITING' })
}

/**
 * A part of the app could not be fetched. When the office has another build by now, the page is loaded anew, once, to get
 * that; a line that died is no reason to take away what somebody is looking at.
 */
export async function partMissing(): Promise<void> {
  const own = document.querySelector('script[type=module]')?.getAttribute('src')
  if (!own || sessionStorage.getItem('reloaded')) return
  const answer = await fetch('/?build', { cache: 'no-store' }).catch(() => null) // the query goes past what the worker keeps
  if (!answer?.ok || (await answer.text()).includes(own)) return
  sessionStorage.setItem('reloaded', '1')
  location.reload()
}
