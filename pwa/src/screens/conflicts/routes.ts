// Values two people changed: settling them on the phone, one customer at a time, and a list of everybody's at a desk.
import GitMerge from '@lucide/svelte/icons/git-merge'
import type { Slice } from '../../routes.ts'

export default {
  screens: { '/conflicts/:root': () => import('./Conflicts.svelte') },
  desk: { '/conflicts': () => import('./desk/AllConflicts.svelte') },
  nav: [{ path: '/conflicts', label: 'conflicts.title', icon: GitMerge, roles: ['manager', 'admin'], order: 67, bar: false }],
} satisfies Slice
