// Bundles the phone's price brain as a Node filter (static/price-cli.mjs): what the phone computes can be asked from a shell.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'vite'

const root = join(import.meta.dirname, '..')
const input = join(root, 'src/lib/pricing/cli.ts')
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
      rolldownOptions: { input, output: { format: 'es', entryFileNames: 'price-cli.mjs' } },
    },
  })
}
