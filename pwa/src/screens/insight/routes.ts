// What managers look at: revenue on the map with its table twin.
import MapIcon from '@lucide/svelte/icons/map'
import type { Slice } from '../../routes.ts'

export default {
  screens: { '/regions': () => import('./RegionMap.svelte') },
  nav: [{ path: '/regions', label: 'regions.nav', icon: MapIcon, roles: ['manager', 'admin'], order: 15 }],
} satisfies Slice
