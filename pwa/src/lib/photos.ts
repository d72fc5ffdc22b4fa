// Photos: re-encoded to at most 1600 px JPEG on the phone (no EXIF survives that), hashed, kept until they are sent.
import type { Store } from './db.ts'
import { newId } from './ids.ts'

export const LONGEST_PX = 1600
const QUALITY = 0.8

/** Shrinks and re-encodes a picture. Throws when the file is no picture the browser can read. */
export async function shrink(file: Blob, longest = LONGEST_PX): Promise<Blob> {
  const picture = await createImageBitmap(file, { imageOrientation: 'from-image' })
  const scale = Math.min(1, longest / Math.max(picture.width, picture.height))
  const canvas = new OffscreenCanvas(Math.max(1, Math.round(picture.width * scale)), Math.max(1, Math.round(picture.height * scale)))
  canvas.getContext('2d')!.drawImage(picture, 0, 0, canvas.width, canvas.height)
  picture.close()
  return canvas.convertToBlob({ type: 'image/jpeg', quality: QUALITY })
}

export async function sha256(bytes: ArrayBuffer): Promise<string> {
  return Array.from(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)), (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** Keeps a picture for a form that is still being written. Returns its id. */
export async function keepPhoto(store: Store, file: Blob, owner_id: string): Promise<string> {
  const small = await shrink(file)
  const data = await small.arrayBuffer()
  const id = newId()
  await store.blob.put({ id, st: 'draft', owner_id, data, sha256: await sha256(data), size: data.byteLength, mime: small.type, taken_at: new Date().toISOString(), tries: 0, next_at: 0 })
  return id
}

/** Removes a picture from a form that is still being written. */
export async function dropPhoto(store: Store, id: string): Promise<void> {
  const blob = await store.blob.get(id)
  if (blob?.st === 'draft') await store.blob.delete(id)
}

/** Drafts' pictures that no draft names any more (a form left for good) go after a week. */
export async function sweepPhotos(store: Store, now = Date.now()): Promise<void> {
  const drafts = JSON.stringify(await store.draft.toArray())
  await store.blob.where('st').equals('draft').and((blob) => now - Date.parse(blob.taken_at) > 7 * 86_400_000 && !drafts.includes(blob.id)).delete()
}
