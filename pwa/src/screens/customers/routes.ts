// The people and shops a rep looks after.
import ArrowRightLeft from '@lucide/svelte/icons/arrow-right-left'
import MapPinned from '@lucide/svelte/icons/map-pinned'
import Network from '@lucide/svelte/icons/network'
import Users from '@lucide/svelte/icons/users'
import type { Slice } from '../../routes.ts'

export default {
  screens: {
    '/customers': () => import('./Customers.svelte'),
    '/customers/:id': () => import('./Customer.svelte'),
    '/customers/:id/edit': () => import('./EditCustomer.svelte'),
    '/customers/:id/:part/:one': () => import('./EditPart.svelte'),
    '/leads/new': () => import('./LeadForm.svelte'),
    '/near': () => import('./NearMap.svelte'),
  },
  desk: {
    '/customers/:id/terms': () => import('./desk/CustomerTerms.svelte'),
    '/term-words': () => import('./desk/TermWords.svelte'),
    '/handovers': () => import('./desk/Handovers.svelte'),
    '/handovers/new': () => import('./desk/HandOver.svelte'),
    '/groups': () => import('./desk/Groups.svelte'),
    '/groups/:id': () => import('./desk/Groups.svelte'),
  },
  nav: [
    { path: '/customers', label: 'customers.title', icon: Users, roles: ['rep', 'manager', 'admin', 'accountant'], order: 12 },
    { path: '/near', label: 'customers.map', icon: MapPinned, roles: ['rep'], order: 18 },
    // Managers have the map of regions first; this one stands further down, by a longer name.
    { path: '/near', label: 'customers.map-long', icon: MapPinned, roles: ['manager', 'admin'], order: 65 },
    { path: '/handovers', label: 'customers.handovers', icon: ArrowRightLeft, roles: ['admin', 'manager'], order: 64, bar: false },
    { path: '/groups', label: 'customers.groups', icon: Network, roles: ['admin', 'manager', 'accountant'], order: 66, bar: false },
  ],
} satisfies Slice
