// The phone's own position, for sorting lists by nearness. Never asked for without a tap unless it was allowed before.
import { position, type Fix } from './geo.ts'

const state = $state<{ fix: Fix | null; asking: boolean }>({ fix: null, asking: false })
export const here: Readonly<{ fix: Fix | null; asking: boolean }> = state

/** Finds out where we are; quiet when it cannot. True when it could. */
export async function locate(): Promise<boolean> {
  if (state.asking) return false
  state.asking = true
  try {
    state.fix = await position(10_000, 120_000)
    return true
  } catch {
    return false
  } finally {
    state.asking = false
  }
}

/** Finds out where we are if the user has allowed it before. */
export async function locateIfAllowed(): Promise<void> {
  const permission = await navigator.permissions?.query({ name: 'geolocation' }).catch(() => null)
  if (permission?.state === 'granted') await locate()
}
