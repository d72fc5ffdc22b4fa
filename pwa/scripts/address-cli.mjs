// Bundles the phone's address parser as a Node filter (static/address-cli.mjs), as price-cli.mjs does the price brain.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'vite'

const root = join(import.meta.dirname, '..')
const input = join(root, 'src/lib/address/cli.ts')
if (existsSync(input)) {
  await build({
    configFile: false,
    root,
    logLevel: 'warn',
    publicDir: false,
    ssr: { noExternal: true },
    build: {
      ssr: true,
      outDir: join(root, 'static'),
      emptyOutDir: false,
      target: 'node20',
      minify: true,
      rolldownOptions: { input, output: { format: 'es', entryFileNames: 'address-cli.mjs' } },
    },
  })
}
