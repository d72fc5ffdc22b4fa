// Where the phone is, and how far that is from somewhere.

export interface Fix {
  lat: number
  lon: number
  /** Radius of 68 % certainty in metres, as the phone claims. */
  accuracy_m: number
  /** When the fix was taken. */
  at: string
}

export type Verdict = 'ok' | 'unsure' | 'far' | 'none'

/** Farther than this from the customer's pin asks for a reason. */
export const FAR_M = 300
/** A fix vaguer than this proves little and asks for a reason too. */
export const VAGUE_M = 100

const EARTH_M = 6_371_008.8
const rad = Math.PI / 180

/** Great-circle distance in metres (haversine, mean Earth radius). */
export function metres(a: { lat: number; lon: number }, b: { lat: number; lon: number }): number {
  const s = Math.sin(((b.lat - a.lat) * rad) / 2) ** 2 + Math.cos(a.lat * rad) * Math.cos(b.lat * rad) * Math.sin(((b.lon - a.lon) * rad) / 2) ** 2
  return 2 * EARTH_M * Math.asin(Math.min(1, Math.sqrt(s)))
}

/** Whether a fix shows that somebody was at a place. The office decides again; this is what the screen says meanwhile. */
export function verdict(fix: Fix | null, pin: { lat: number; lon: number } | null): { verdict: Verdict; distance: number | null } {
  if (!fix || !pin) return { verdict: 'none', distance: null }
  const distance = metres(fix, pin)
  if (distance > FAR_M && distance - fix.accuracy_m > FAR_M) return { verdict: 'far', distance }
  if (fix.accuracy_m > VAGUE_M || distance > FAR_M) return { verdict: 'unsure', distance }
  return { verdict: 'ok', distance }
}

export class NoFix extends Error {
  readonly why: 'denied' | 'unavailable' | 'timeout'
  constructor(why: 'denied' | 'unavailable' | 'timeout') {
    super(why)
    this.why = why
  }
}

/** One position fix; throws `NoFix`. */
export function position(timeout = 15_000, maximumAge = 10_000): Promise<Fix> {
  return new Promise((resolve, reject) => {
    if (!('geolocation' in navigator)) return reject(new NoFix('unavailable'))
    navigator.geolocation.getCurrentPosition(
      ({ coords, timestamp }) => resolve({ lat: coords.latitude, lon: coords.longitude, accuracy_m: Math.round(coords.accuracy), at: new Date(timestamp).toISOString() }),
      (error) => reject(new NoFix(error.code === 1 ? 'denied' : error.code === 3 ? 'timeout' : 'unavailable')),
      { enableHighAccuracy: true, timeout, maximumAge },
    )
  })
}
