// Push messages: asked for on a tap, subscribed with the office's public key.
import { call, json } from './api.ts'
import type { Store } from './db.ts'

export type PushState = 'on' | 'off' | 'denied' | 'unsupported'

export async function pushState(): Promise<PushState> {
  if (!('PushManager' in window) || !('serviceWorker' in navigator) || !('Notification' in window)) return 'unsupported'
  if (Notification.permission === 'denied') return 'denied'
  const registration = await navigator.serviceWorker.getRegistration()
  return (await registration?.pushManager.getSubscription()) ? 'on' : 'off'
}

/** Asks for permission and subscribes. Must be called from a tap. Throws when the office or the browser refuses. */
export async function pushOn(store: Store): Promise<PushState> {
  if ((await Notification.requestPermission()) !== 'granted') return 'denied'
  const { key } = await json<{ key: string }>('push/key')
  const registration = await navigator.serviceWorker.ready
  const bytes = Uint8Array.from(atob(key.replace(/-/g, '+').replace(/_/g, '/')), (letter) => letter.charCodeAt(0))
  const subscription = await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytes })
  const { endpoint, keys } = subscription.toJSON()
  const { id } = await json<{ id: string }>('push/subscriptions', { method: 'POST', body: { endpoint, keys: { p256dh: keys?.p256dh, auth: keys?.auth } } })
  await store.write('push_id', id)
  return 'on'
}

export async function pushOff(store: Store): Promise<PushState> {
  const registration = await navigator.serviceWorker.getRegistration()
  await (await registration?.pushManager.getSubscription())?.unsubscribe()
  const id = await store.read<string>('push_id')
  if (id) await call(`push/subscriptions/${id}`, { method: 'DELETE' }).catch(() => undefined)
  await store.meta.delete('push_id')
  return 'off'
}
