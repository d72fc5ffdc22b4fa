// What a rep does at a customer: visits and what they cost.
import Wallet from '@lucide/svelte/icons/wallet'
import type { Slice } from '../../routes.ts'

export default {
  screens: {
    '/visits/new/:id': () => import('./VisitForm.svelte'),
    '/visits/edit/:root/:id': () => import('./VisitEdit.svelte'),
    '/expenses/edit/:id': () => import('./ExpenseEdit.svelte'),
    '/expenses': () => import('./Expenses.svelte'),
    '/expenses/new': () => import('./ExpenseForm.svelte'),
    '/expenses/new/:id': () => import('./ExpenseForm.svelte'),
  },
  nav: [{ path: '/expenses', label: 'expense.title', icon: Wallet, roles: ['rep', 'manager', 'admin', 'accountant'], order: 60 }],
} satisfies Slice
