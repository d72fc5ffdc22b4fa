// Every screen of the app, by slice.
//
// How to add a screen: put `src/screens/<slice>/YourScreen.svelte` there and name it in `src/screens/<slice>/routes.ts`:
//
//   import Truck from '@lucide/svelte/icons/truck'
//   import type { Slice } from '../../routes.ts'
//   export default {
//     screens: { '/dispatch': () => import('./Queue.svelte'), '/dispatch/:id': () => import('./Picking.svelte') },
//     nav: [{ path: '/dispatch', label: 'dispatch.title', icon: Truck, roles: ['warehouse'], order: 20 }],
//   } satisfies Slice
//
// Nothing else has to change: slices are found by the glob below, screens load when first opened, and the dock (phone)
// and the rail (wide) show the nav items of the user's roles in `order`; the dock shows the first four and "More".
// A screen gets route parameters as `params` (`let { params }: { params: { id: string } } = $props()`), starts with
// <AppBar title=...> and puts its matter in <main class="page">. Texts: locales/{vi,en}/<slice>.json.
// Screens used at a desk only (setting up, importing) go under `desk:` instead of `screens:`, their files into
// `src/screens/<slice>/desk/` and their texts into locales/{vi,en}/<slice>-desk.json: phones in the field never load them.
import type { Component } from 'svelte'
import type { RouteDefinition } from 'svelte-spa-router'
import { wrap } from 'svelte-spa-router/wrap'
import { speakAlso, type Key } from './lib/i18n.svelte.ts'
import type { Role } from './lib/session.ts'

export interface NavItem {
  path: string
  label: Key
  // Icons of @lucide/svelte, each imported by its own path so that only those used are shipped.
  icon: Component<{ size?: number | string; 'aria-hidden'?: 'true' }>
  /** Who sees it; absent = everyone. */
  roles?: readonly Role[]
  order: number
  /** False keeps it off the bar and rail and lists it under "More" only. */
  bar?: boolean
}

export interface Slice {
  // eslint-disable-next-line -- props differ per screen
  screens?: Record<string, () => Promise<{ default: Component<any> }>>
  /** Screens for a desk: fetched when opened, with texts of their own, and not kept for offline use. */
  // eslint-disable-next-line -- props differ per screen
  desk?: Record<string, () => Promise<{ default: Component<any> }>>
  nav?: readonly NavItem[]
}

const slices = Object.values(import.meta.glob<Slice>('./screens/*/routes.ts', { eager: true, import: 'default' }))

type Screens = NonNullable<Slice['screens']>

/** Screens come together with the texts of the place they are used at. */
const speaking = (screens: Screens | undefined, ...parts: ('field' | 'desk')[]): [string, Screens[string]][] =>
  Object.entries(screens ?? {}).map(([path, load]) => [path, async () => (await Promise.all([load(), ...parts.map(speakAlso)]))[0]])

export const routes: RouteDefinition = Object.fromEntries(
  slices
    .flatMap((slice) => [...speaking(slice.screens, 'field'), ...speaking(slice.desk, 'field', 'desk')])
    // '*' must be tried last, and longer fixed paths before patterns
    .sort(([a], [b]) => Number(a === '*') - Number(b === '*') || Number(a.includes(':')) - Number(b.includes(':')))
    .map(([path, load]) => [path, wrap({ asyncComponent: load as never })]),
)

/** Begins to load the screen at an address of this phone's own files, while it is still being found out who is signed in. */
export function warm(path: string): void {
  for (const slice of slices) void slice.screens?.[path]?.().catch(() => undefined)
}

/** The nav items of somebody with these roles, in order. */
export function navOf(roles: readonly string[]): NavItem[] {
  const mine = (item: NavItem) => !item.roles || item.roles.some((role) => roles.includes(role))
  const all = slices.flatMap((slice) => slice.nav ?? []).filter(mine).sort((a, b) => a.order - b.order)
  // Somebody with two roles sees a screen once, at its first place.
  return [...new Map(all.toReversed().map((item) => [item.path, item])).values()].sort((a, b) => a.order - b.order)
}
