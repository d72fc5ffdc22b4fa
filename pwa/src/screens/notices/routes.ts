// Messages of the office.
import Bell from '@lucide/svelte/icons/bell'
import type { Slice } from '../../routes.ts'

export default {
  screens: { '/notices': () => import('./Notices.svelte') },
  nav: [{ path: '/notices', label: 'app.notices', icon: Bell, order: 80 }],
} satisfies Slice
