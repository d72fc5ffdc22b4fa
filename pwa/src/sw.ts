// The service worker: the app's files offline, sending with no page open, push messages.
import { cleanupOutdatedCaches, createHandlerBoundToURL, precacheAndRoute } from 'workbox-precaching'
import { NavigationRoute, registerRoute } from 'workbox-routing'
import { store } from './lib/db.ts'
import { desk } from './lib/desk.ts'
import { exchange, nextTry } from './lib/exchange.ts'

declare const self: ServiceWorkerGlobalScope
interface SyncEvent extends ExtendableEvent {
  readonly tag: string
}

precacheAndRoute(__PRECACHE__)
cleanupOutdatedCaches()
registerRoute(new NavigationRoute(createHandlerBoundToURL('/'), { allowlist: [/^\/$/] }))

self.addEventListener('message', (event) => {
  if ((event.data as { type?: string } | null)?.type === 'SKIP_WAITING') void self.skipWaiting()
})
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()))

// The browser calls this when there is a network again, also with no page open. Throwing makes it try later.
self.addEventListener('sync', ((event: SyncEvent) => {
  if (event.tag === 'outbox') event.waitUntil(drain())
}) as EventListener)

async function drain(): Promise<void> {
  if (!(await desk.session())) return
  const held = await store()
  const outcome = await exchange(held)
  await tellPages()
  if (outcome === 'offline' || (outcome === 'later' && (await nextTry(held)) !== null)) throw new Error(`not sent yet: ${outcome}`)
}

async function tellPages(): Promise<void> {
  for (const page of await self.clients.matchAll({ type: 'window' })) page.postMessage({ type: 'pull' })
}

interface Push {
  title?: string
  body?: string
  /** Path inside the app, "/orders/…". */
  link?: string | null
  /** The notice's id: a repeated push replaces itself. */
  id?: string
}

self.addEventListener('push', (event) => {
  let said: Push = {}
  try {
    said = (event.data?.json() as Push | undefined) ?? {}
  } catch {
    said = { body: event.data?.text() ?? '' }
  }
  const { title = 'Tuyến', body = '', id: tag } = said
  const url = `/#${said.link?.startsWith('/') ? said.link : '/notices'}`
  event.waitUntil(
    Promise.all([
      self.registration.showNotification(title, { body, icon: '/static/icons/icon-192.png', badge: '/static/icons/icon-192.png', data: { url }, ...(tag ? { tag } : {}) }),
      tellPages(),
    ]),
  )
})

self.addEventListener('notificationclick', (event) => {
  event.notification.close()
  const asked = new URL((event.notification.data as { url?: string } | null)?.url ?? '/', self.location.origin)
  // Only ever a page of this app, whatever the message said.
  const url = asked.origin === self.location.origin ? asked.href : self.location.origin
  event.waitUntil(
    (async () => {
      const [page] = await self.clients.matchAll({ type: 'window', includeUncontrolled: true })
      if (!page) return void (await self.clients.openWindow(url))
      await page.focus()
      await page.navigate(url)
    })(),
  )
})
