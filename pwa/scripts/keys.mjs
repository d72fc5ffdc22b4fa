// Refreshes the typed text keys and fails when a text exists in one language only.
import { holes, writeKeys } from '../build/catalog.js'

writeKeys()
const missing = holes()
if (missing.length) {
  console.error(`texts missing:\n  ${missing.join('\n  ')}`)
  process.exitCode = 1
}
