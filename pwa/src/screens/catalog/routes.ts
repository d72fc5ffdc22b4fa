// Set-up of what is sold and in which money.
import Coins from '@lucide/svelte/icons/coins'
import type { Slice } from '../../routes.ts'

export default {
  desk: {
    '/rates': () => import('./desk/Rates.svelte'),
    '/rates/:code': () => import('./desk/Rates.svelte'),
  },
  nav: [{ path: '/rates', label: 'catalog.rates', icon: Coins, roles: ['admin', 'accountant', 'manager'], order: 72, bar: false }],
} satisfies Slice
