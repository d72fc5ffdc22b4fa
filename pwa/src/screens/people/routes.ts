// Signing in, and who sits where.
import Armchair from '@lucide/svelte/icons/armchair'
import type { Slice } from '../../routes.ts'

export default {
  screens: { '/login': () => import('./Login.svelte') },
  desk: { '/seats': () => import('./desk/Seats.svelte') },
  nav: [{ path: '/seats', label: 'people.seats', icon: Armchair, roles: ['admin', 'manager'], order: 65, bar: false }],
} satisfies Slice
