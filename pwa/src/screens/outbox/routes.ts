// What waits to be sent, and what needs mending.
import type { Slice } from '../../routes.ts'

export default { screens: { '/outbox': () => import('./Outbox.svelte') } } satisfies Slice
