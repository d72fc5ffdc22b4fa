// Room on the phone: asks the browser to keep it, warns before it runs out.

export interface Room {
  used: number
  quota: number
  /** Share of the quota in use, 0..1. */
  share: number
  persisted: boolean
}

/** From this share on, a form warns before it takes another photo. */
export const WARN_AT = 0.8

export async function room(): Promise<Room> {
  const { usage = 0, quota = 0 } = (await navigator.storage?.estimate?.()) ?? {}
  return { used: usage, quota, share: quota ? usage / quota : 0, persisted: (await navigator.storage?.persisted?.()) ?? false }
}

/** Asks the browser never to evict what is stored here. */
export async function persist(): Promise<boolean> {
  return (await navigator.storage?.persist?.()) ?? false
}
