// Unsent work as an encrypted file, and taking such a file on another phone: for a phone whose network or screen is dying.
//
//   "TUYEN1" | salt 16 | iv 12 | AES-256-GCM( length of the head 4, head as JSON, bytes of the photos one after another )
//
// The key comes from a password by PBKDF2. Mutations keep their ids, so that work handed in from both phones counts once.
import { append } from './chain.ts'
import type { Entry, Overlay, Store, StoredBlob } from './db.ts'
import { desk } from './desk.ts'
import { WITHDRAW, withdraw } from './outbox.ts'

const MAGIC = new TextEncoder().encode('TUYEN1')
const SALT = 16
const IV = 12
/** OWASP's figure for PBKDF2 with SHA-256. */
const ROUNDS = 600_000

/** Why a file was not taken: another format, a wrong password (or a damaged file), another person's work. */
export class NotTaken extends Error {
  readonly why: 'format' | 'password' | 'person'
  constructor(why: NotTaken['why']) {
    super(why)
    this.why = why
  }
}

type Kept = Omit<StoredBlob, 'data'> & { bytes: number }
interface Head {
  v: 1
  user: string
  device: string
  entries: Entry[]
  overlays: Overlay[]
  blobs: Kept[]
}

async function keyOf(password: string, salt: Uint8Array<ArrayBuffer>): Promise<CryptoKey> {
  const base = await crypto.subtle.importKey('raw', new TextEncoder().encode(password.normalize('NFC')), 'PBKDF2', false, ['deriveKey'])
  return crypto.subtle.deriveKey({ name: 'PBKDF2', hash: 'SHA-256', salt, iterations: ROUNDS }, base, { name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt'])
}

function join(parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

/** Everything unsent, photos included, as one encrypted file. Nothing leaves the outbox by this. */
export async function pack(store: Store, password: string): Promise<Blob> {
  const device = (await desk.session())?.device ?? ''
  const [entries, overlays, blobs] = await Promise.all([store.outbox.orderBy('n').toArray(), store.overlay.toArray(), store.blob.where('st').anyOf('queued', 'refused').toArray()])
  const head: Head = { v: 1, user: store.user, device, entries, overlays, blobs: blobs.map(({ data, ...rest }) => ({ ...rest, bytes: data?.byteLength ?? 0 })) }
  const text = new TextEncoder().encode(JSON.stringify(head))
  const length = new Uint8Array(4)
  new DataView(length.buffer).setUint32(0, text.length)
  const plain = join([length, text, ...blobs.map((blob) => new Uint8Array(blob.data ?? new ArrayBuffer(0)))])
  const salt = crypto.getRandomValues(new Uint8Array(SALT))
  const iv = crypto.getRandomValues(new Uint8Array(IV))
  const sealed = new Uint8Array(await crypto.subtle.encrypt({ name: 'AES-GCM', iv, additionalData: MAGIC }, await keyOf(password, salt), plain))
  return new Blob([MAGIC, salt, iv, sealed], { type: 'application/octet-stream' })
}

/** Takes a file made by `pack`, once: what this phone has or has sent already is passed over. Returns how many it took. */
export async function unpack(store: Store, file: ArrayBuffer, password: string): Promise<number> {
  const { head, photos } = await opened(file, password)
  if (head.user !== store.user) throw new NotTaken('person')
  const own = (await desk.session())?.device ?? ''
  return store.transaction('rw', [store.outbox, store.overlay, store.blob, store.journal, store.meta], async () => {
    const ids = head.entries.map((entry) => entry.id)
    const known = new Set([...(await store.outbox.where('id').anyOf(ids).toArray()), ...(await store.journal.where('id').anyOf(ids).toArray())].map((one) => one.id))
    const fresh = head.entries.filter((entry) => !known.has(entry.id))
    for (const entry of fresh) await take(store, entry, head.overlays)
    const wanted = new Set(fresh.map((entry) => entry.entity))
    for (const [i, { bytes: _, ...blob }] of head.blobs.entries()) {
      if (wanted.has(blob.id) && !(await store.blob.get(blob.id))) await store.blob.put({ ...blob, data: photos[i]!, st: 'queued', url: null, offset: 0, tries: 0, next_at: 0 })
    }
    // The other phone's numbers will come from here: the office's ledger of it is told so.
    if (head.device !== own) await withdraw(store, head.device, fresh, 'handed-in-elsewhere')
    return fresh.filter((entry) => entry.name !== WITHDRAW).length
  })
}

async function take(store: Store, entry: Entry, overlays: readonly Overlay[]): Promise<void> {
  const { n: old, prev: _, chain: __, problem: ___, current: ____, ...rest } = entry
  const n = await append(store, { ...rest, st: 'queued', tries: 0, next_at: 0 })
  await store.overlay.bulkPut(overlays.filter((one) => one.n === old).map((one) => ({ ...one, n })))
}

async function opened(file: ArrayBuffer, password: string): Promise<{ head: Head; photos: ArrayBuffer[] }> {
  const all = new Uint8Array(file)
  const start = MAGIC.length + SALT + IV
  if (all.length < start + 16 || !MAGIC.every((byte, i) => all[i] === byte)) throw new NotTaken('format')
  let plain: ArrayBuffer
  try {
    const key = await keyOf(password, all.slice(MAGIC.length, MAGIC.length + SALT))
    plain = await crypto.subtle.decrypt({ name: 'AES-GCM', iv: all.slice(MAGIC.length + SALT, start), additionalData: MAGIC }, key, all.slice(start))
  } catch {
    throw new NotTaken('password')
  }
  // From here on the bytes are what `pack` wrote: the seal proves it.
  const length = new DataView(plain).getUint32(0)
  const head = JSON.parse(new TextDecoder().decode(plain.slice(4, 4 + length))) as Head
  let at = 4 + length
  return { head, photos: head.blobs.map((blob) => plain.slice(at, (at += blob.bytes))) }
}
