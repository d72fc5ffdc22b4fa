import type { Slice } from '../../routes.ts'

export default { screens: { '/outbox': () => import('./Outbox.svelte') } } satisfies Slice
