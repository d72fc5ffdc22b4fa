// Where the phone is, and how far that is from somewhere.

export interface Fix {
  lat: number
  lon: number
  /** Radius of 95 % certainty in metres, as the browser claims. */
  accuracy_m: number
  /** When the fix was taken. */
  at: string
}

export type Verdict = 'ok' | 'unsure' | 'far' | 'none'

/** A fix this near to a confirmed pin is at the shop. */
const RADIUS_M = 100
/** A worse fix cannot stretch the circle further than this. */
const MOST_ACCURACY_M = 150
/** Farther than this from a confirmed pin asks for a reason. */
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

export interface Judged {
  verdict: Verdict
  /** Metres to the pin, when there is one. */
  distance: number | null
  asksReason: boolean
}

/**
 * Whether a fix shows that somebody was at a place: the rule of backend/geo/checkin.py, so that the screen says what the
 * office will. A place that was never pinned judges nobody.
 */
export function judge(fix: Fix | null, place: { lat: number | null; lon: number | null; grade: string } | undefined): Judged {
  if (!fix) return { verdict: 'none', distance: null, asksReason: true }
  const pin = place && place.lat !== null && place.lon !== null ? { lat: place.lat, lon: place.lon } : null
  const distance = pin ? metres(fix, pin) : null
  const confirmed = place?.grade === 'gps' || place?.grade === 'pin'
  const asksReason = fix.accuracy_m > VAGUE_M || (confirmed && distance !== null && distance > FAR_M)
  if (distance === null || !confirmed) return { verdict: 'unsure', distance, asksReason }
  if (distance <= RADIUS_M + Math.min(fix.accuracy_m, MOST_ACCURACY_M)) return { verdict: 'ok', distance, asksReason }
  if (distance > FAR_M && distance - fix.accuracy_m > RADIUS_M) return { verdict: 'far', distance, asksReason }
  return { verdict: 'unsure', distance, asksReason }
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
