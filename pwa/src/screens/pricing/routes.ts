// Setting prices up at a desk: price lists, and what a customer would pay.
import BadgePercent from '@lucide/svelte/icons/badge-percent'
import FileUp from '@lucide/svelte/icons/file-up'
import CircleHelp from '@lucide/svelte/icons/circle-help'
import Tags from '@lucide/svelte/icons/tags'
import type { Slice } from '../../routes.ts'

export default {
  desk: {
    '/imports': () => import('./desk/Imports.svelte'),
    '/imports/:id': () => import('./desk/Import.svelte'),
    '/prices': () => import('./desk/PriceLists.svelte'),
    '/price-check': () => import('./desk/WhatWouldPay.svelte'),
    '/prices/:id': () => import('./desk/PriceList.svelte'),
    '/promotions': () => import('./desk/Promotions.svelte'),
    '/promotions/new/:template': () => import('./desk/Promotion.svelte'),
    '/promotions/:id': () => import('./desk/Promotion.svelte'),
  },
  nav: [
    { path: '/imports', label: 'imports.nav', icon: FileUp, roles: ['admin'], order: 64, bar: false },
    { path: '/prices', label: 'pricelists.nav', icon: Tags, roles: ['admin', 'manager'], order: 60, bar: false },
    { path: '/price-check', label: 'pricelists.check', icon: CircleHelp, roles: ['admin', 'manager'], order: 62, bar: false },
    { path: '/promotions', label: 'promotions.nav', icon: BadgePercent, roles: ['admin', 'manager'], order: 61, bar: false },
  ],
} satisfies Slice
