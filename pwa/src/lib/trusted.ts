// The page's trusted-types policy: the only script addresses the app may start are its own workers.
// Strings never become HTML here; Svelte brings its own policy for its compiled templates.

interface Policy {
  createScriptURL(url: string): unknown
}
interface Factory {
  createPolicy(name: string, rules: Record<string, (text: string) => string>): Policy
}

const allowed = (url: string) => {
  const { origin, pathname } = new URL(url, location.href)
  if (origin === location.origin && (pathname === '/sw.js' || pathname.startsWith('/static/assets/') || import.meta.env.DEV)) return url
  throw new TypeError(`not a script of this app: ${url}`)
}

const factory = (globalThis as { trustedTypes?: Factory }).trustedTypes
const policy = factory?.createPolicy('tuyen', { createScriptURL: allowed })

/** A script address of ours, in the form the browser accepts under `require-trusted-types-for 'script'`. */
export function scriptUrl(url: string): string {
  return (policy ? policy.createScriptURL(url) : allowed(url)) as string
}

/** Leaflet probes for SVG support by writing '<svg/>' when it loads; that one text is let through, nothing else. */
export function allowLeafletProbe(): void {
  try {
    factory?.createPolicy('default', {
      createHTML: (text) => {
        if (text === '<svg/>') return text
        throw new TypeError('HTML from text is refused')
      },
    })
  } catch {
    // already there: the map was opened before
  }
}
