// The real tus-js-client on lines that die: usage `node tus_cut.mjs`, settings as JSON on standard input. Sends each job as
// far as its line lets it and prints where it stopped; a job with `url` goes on there, as the client's own memory would have it.
import { createRequire } from 'node:module'
import { readFileSync } from 'node:fs'

const { file, headers, jobs, modules } = JSON.parse(readFileSync(0, 'utf8'))
const tus = createRequire(modules + '/')('tus-js-client')
const bytes = readFileSync(file)

const send = ({ endpoint, metadata, url }) =>
  new Promise((resolve) => {
    const one = new tus.Upload(bytes, {
      endpoint, headers, metadata, chunkSize: 256 * 1024, storeFingerprintForResuming: false, ...(url ? { uploadUrl: url } : {}),
      // After a cut the office may for a moment believe that the former writer is still at it.
      retryDelays: url ? [100, 200, 400, 800] : [],
      onError: (fault) => resolve({ done: false, url: one.url, text: String(fault) }),
      onSuccess: () => resolve({ done: true, url: one.url }),
    })
    one.start()
  })

console.log(JSON.stringify(await Promise.all(jobs.map(send))))
process.exit(0)
