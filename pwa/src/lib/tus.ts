// Photo bytes by tus 1.0: a small photo is one request (creation with upload), a cut one goes on where it stopped.
import { API, call, Problem } from './api.ts'
import type { StoredBlob, Store } from './db.ts'
import { backoff, due } from './outbox.ts'
import { expire } from './session.ts'

export const CHUNK_BYTES = 256 * 1024
const AT_ONCE = 2
const TUS = { 'Tus-Resumable': '1.0.0' }
/** Bytes stay some days after the office has them, so that the phone can still show them. */
export const KEEP_SENT_MS = 3 * 86_400_000

/** Sends every photo whose row the office knows. Null when all went; else what stopped it. */
export async function sendBytes(store: Store, now = Date.now): Promise<'offline' | 'later' | 'expired' | null> {
  const waiting = new Set((await store.outbox.toArray()).filter((entry) => entry.name === 'attachment.add').map((entry) => entry.entity))
  const todo = (await store.blob.where('st').equals('queued').toArray()).filter((blob) => due(blob.next_at, now()) && !waiting.has(blob.id))
  let stopped: 'offline' | 'later' | 'expired' | null = null
  const lane = async () => {
    for (let blob = todo.shift(); blob && !stopped; blob = todo.shift()) stopped = (await sendOne(store, blob, now)) ?? stopped
  }
  await Promise.all(Array.from({ length: AT_ONCE }, lane))
  await forgetSent(store, now())
  return stopped
}

async function sendOne(store: Store, blob: StoredBlob, now: () => number): Promise<'offline' | 'later' | 'expired' | null> {
  try {
    await upload(store, blob)
    await store.blob.update(blob.id, { st: 'done', done_at: now(), url: null })
    return null
  } catch (reason) {
    if (!(reason instanceof Problem)) throw reason
    if (reason.status === 401) {
      await expire()
      return 'expired'
    }
    const tries = blob.tries + 1
    const final = [400, 403, 413, 415, 422].includes(reason.status)
    await store.blob.update(blob.id, { tries, problem: reason.body, next_at: now() + (reason.retryAfter ?? backoff(tries)) * 1000, ...(final ? { st: 'refused' as const } : {}) })
    return reason.offline ? 'offline' : null
  }
}

/** Sends the bytes of one photo from wherever the office stands. Throws `Problem`. */
async function upload(store: Store, blob: StoredBlob): Promise<void> {
  if (!blob.data) throw new Problem(422, { type: 'urn:app:photo-gone', title: 'the bytes are gone' })
  const bytes = new Uint8Array(blob.data)
  let url = blob.url ?? null
  let offset = url ? await resume(url) : null
  for (let restarts = 0; offset === null || offset < bytes.length; ) {
    try {
      if (offset === null) {
        ;({ url, offset } = await create(blob, bytes))
        await store.blob.update(blob.id, { url })
      } else {
        offset = await patch(url!, bytes, offset)
      }
    } catch (reason) {
      if (!(reason instanceof Problem) || restarts >= 3) throw reason
      restarts++
      // 409: we are not where the office is; 460: a chunk arrived spoiled. Ask. 404/410: the upload is gone: begin again.
      if (url && (reason.status === 409 || reason.status === 460)) offset = await resume(url)
      else if (reason.status === 404 || reason.status === 410) offset = null
      else throw reason
    }
  }
}

/** Where an upload stands, or null when the office has forgotten it. */
async function resume(url: string): Promise<number | null> {
  try {
    const answer = await call(url, { method: 'HEAD', headers: TUS })
    return Number(answer.headers.get('Upload-Offset') ?? 0)
  } catch (reason) {
    if (reason instanceof Problem && (reason.status === 404 || reason.status === 410)) return null
    throw reason
  }
}

/** Announces a photo. The first try brings its first bytes along; a later one asks first how many of them arrived. */
async function create(blob: StoredBlob, bytes: Uint8Array): Promise<{ url: string; offset: number }> {
  const first = bytes.subarray(0, blob.tries ? 0 : CHUNK_BYTES)
  const about = { att_id: blob.id, sha256: blob.sha256, filetype: blob.mime, filename: `${blob.id}.jpg` }
  const answer = await call('files', {
    method: 'POST',
    timeout: 120_000,
    headers: {
      ...TUS,
      'Upload-Length': String(bytes.length),
      'Upload-Metadata': Object.entries(about).map(([key, value]) => `${key} ${btoa(value)}`).join(','),
      ...(first.length ? { 'Content-Type': 'application/offset+octet-stream', 'Upload-Checksum': await checksum(first) } : {}),
    },
    ...(first.length ? { body: first } : {}),
  })
  const where = answer.headers.get('Location') ?? ''
  return { url: new URL(where, new URL(`${API}/files/`, globalThis.location?.href ?? 'http://localhost')).pathname, offset: Number(answer.headers.get('Upload-Offset') ?? 0) }
}

async function patch(url: string, bytes: Uint8Array, offset: number): Promise<number> {
  const chunk = bytes.subarray(offset, offset + CHUNK_BYTES)
  const answer = await call(url, {
    method: 'PATCH',
    timeout: 120_000,
    headers: { ...TUS, 'Upload-Offset': String(offset), 'Content-Type': 'application/offset+octet-stream', 'Upload-Checksum': await checksum(chunk) },
    body: chunk,
  })
  return Number(answer.headers.get('Upload-Offset') ?? offset + chunk.length)
}

async function checksum(bytes: Uint8Array): Promise<string> {
  const sum = new Uint8Array(await crypto.subtle.digest('SHA-1', bytes as Uint8Array<ArrayBuffer>))
  return `sha1 ${btoa(String.fromCharCode(...sum))}`
}

/** Frees the bytes of photos the office has had for some days. Unsent ones are never touched. */
async function forgetSent(store: Store, now: number): Promise<void> {
  await store.blob.where('st').equals('done').and((blob) => blob.data !== null && (blob.done_at ?? now) < now - KEEP_SENT_MS).modify({ data: null })
}
