// The day, and everything else.
import House from '@lucide/svelte/icons/house'
import type { Slice } from '../../routes.ts'

export default {
  screens: { '/': () => import('./Today.svelte'), '/more': () => import('./More.svelte'), '*': () => import('./Lost.svelte') },
  nav: [{ path: '/', label: 'app.today', icon: House, roles: ['rep', 'manager', 'admin', 'accountant'], order: 10 }],
} satisfies Slice
