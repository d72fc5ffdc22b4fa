// What waits to be sent, what needs mending, the end of the day, and the office's view of everybody's phones.
import ClipboardCheck from '@lucide/svelte/icons/clipboard-check'
import type { Slice } from '../../routes.ts'

export default {
  screens: { '/outbox': () => import('./Outbox.svelte'), '/day': () => import('./Day.svelte') },
  desk: { '/ledger': () => import('./desk/Ledger.svelte') },
  nav: [
    { path: '/day', label: 'day.title', icon: ClipboardCheck, roles: ['rep'], order: 80, bar: false },
    { path: '/ledger', label: 'day.ledger', icon: ClipboardCheck, roles: ['manager', 'admin'], order: 81, bar: false },
  ],
} satisfies Slice
