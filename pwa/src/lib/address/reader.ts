// The page's end of the address reader.
import { wrap, type Remote } from 'comlink'
import { scriptUrl } from '../trusted.ts'
import type { AddressApi } from './address.worker.ts'
import url from './address.worker.ts?worker&url'

let worker: Worker | null = null
let remote: Remote<AddressApi> | null = null

/** The reader, started when first asked. */
export function reader(): Remote<AddressApi> {
  if (!remote) {
    worker = new Worker(scriptUrl(url), { type: 'module', name: 'tuyen-address' })
    remote = wrap<AddressApi>(worker)
  }
  return remote
}

/** Ends it: its tables take room a phone has better uses for once the form is closed. */
export function stopReader(): void {
  worker?.terminate()
  worker = null
  remote = null
}
