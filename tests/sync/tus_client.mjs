// The real tus-js-client against our server: usage `node tus_client.mjs MODE`, settings as JSON on standard input.
// Modes: whole (with the first bytes in the creation), chunks, abort (stop half way, begin anew with the same att_id).
import { createRequire } from 'node:module'
import { readFileSync } from 'node:fs'

const { endpoint, file, headers, metadata, modules } = JSON.parse(readFileSync(0, 'utf8'))
const tus = createRequire(modules + '/')('tus-js-client')
const mode = process.argv[2]
const bytes = readFileSync(file)
const seen = []

function upload(more) {
  return new Promise((resolve, reject) => {
    const one = new tus.Upload(bytes, {
      endpoint, headers, metadata, retryDelays: [0, 100, 300], storeFingerprintForResuming: false,
      onBeforeRequest: (request) => void seen.push(request.getMethod()),
      onError: reject,
      onSuccess: () => resolve(one),
      ...more(() => one, resolve),
    })
    one.start()
  })
}

try {
  if (mode === 'whole') await upload(() => ({ uploadDataDuringCreation: true }))
  if (mode === 'chunks') await upload(() => ({ chunkSize: 256 * 1024 }))
  if (mode === 'abort') {
    await upload((self, done) => ({
      chunkSize: 256 * 1024,
      onChunkComplete: (_, accepted) => { if (accepted > bytes.length / 3) self().abort().then(() => done()) },
    }))
    await upload(() => ({ chunkSize: 256 * 1024 }))
  }
  console.log(JSON.stringify({ done: true, seen }))
} catch (fault) {
  console.log(JSON.stringify({ done: false, seen, status: fault.originalResponse?.getStatus() ?? 0, text: String(fault) }))
}
