// Signing in.
import type { Slice } from '../../routes.ts'

export default { screens: { '/login': () => import('./Login.svelte') } } satisfies Slice
