// Held orders waiting for somebody's yes or no.
import Stamp from '@lucide/svelte/icons/stamp'
import type { Slice } from '../../routes.ts'

export default {
  screens: { '/approvals': () => import('./Approvals.svelte') },
  nav: [{ path: '/approvals', label: 'approve.nav', icon: Stamp, roles: ['manager', 'admin', 'accountant'], order: 20 }],
} satisfies Slice
