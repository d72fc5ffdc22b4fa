// The page's end of the worker.
import { wrap, type Remote } from 'comlink'
import type { DataApi } from './data.worker.ts'
import url from './data.worker.ts?worker&url'
import { scriptUrl } from './trusted.ts'

let remote: Remote<DataApi> | null = null
let worker: Worker | null = null

/** The worker, started when first needed. */
export function data(): Remote<DataApi> {
  if (!remote) {
    worker = new Worker(scriptUrl(url), { type: 'module', name: 'tuyen-data' })
    remote = wrap<DataApi>(worker)
  }
  return remote
}

/** Ends the worker (before the store is deleted). */
export function stopData(): void {
  worker?.terminate()
  worker = null
  remote = null
}
