// The warehouse's work: the queue, picking an order, and letting it go.
import Truck from '@lucide/svelte/icons/truck'
import type { Slice } from '../../routes.ts'

export default {
  screens: { '/dispatch': () => import('./Queue.svelte'), '/dispatch/:id': () => import('./Picking.svelte') },
  nav: [{ path: '/dispatch', label: 'dispatch.nav', icon: Truck, roles: ['warehouse', 'admin'], order: 12 }],
} satisfies Slice
