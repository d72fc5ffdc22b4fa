// Orders: writing one, seeing how it fares.
import ClipboardList from '@lucide/svelte/icons/clipboard-list'
import type { Slice } from '../../routes.ts'

export default {
  screens: {
    '/orders': () => import('./Orders.svelte'),
    '/orders/new': () => import('./ChooseCustomer.svelte'),
    '/orders/new/:customer': () => import('./OrderForm.svelte'),
    '/orders/:id': () => import('./Order.svelte'),
  },
  nav: [{ path: '/orders', label: 'orders.title', icon: ClipboardList, roles: ['rep', 'manager', 'admin', 'accountant'], order: 40 }],
} satisfies Slice
