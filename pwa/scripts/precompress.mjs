// Writes a .br and a .gz beside every text file of the build, so that the server never compresses them again.
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'

const root = join(import.meta.dirname, '../static')
for (const name of readdirSync(root, { recursive: true })) {
  const path = join(root, name)
  if (!statSync(path).isFile() || !/\.(js|css|svg|json|webmanifest)$/.test(name)) continue
  const bytes = readFileSync(path)
  const packed = {
    br: brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } }),
    gz: gzipSync(bytes, { level: 9 }),
  }
  for (const [kind, data] of Object.entries(packed)) {
    if (data.length < bytes.length) writeFileSync(`${path}.${kind}`, data)
    else rmSync(`${path}.${kind}`, { force: true })
  }
}
