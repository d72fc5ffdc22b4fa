// Bundles what the phone computes as Node filters, so that a shell can ask the phone's own code: prices (static/price-cli.mjs)
// and addresses (static/address-cli.mjs). `node scripts/filters.mjs price` makes one of them.
import { join } from 'node:path'
import { build } from 'vite'

const root = join(import.meta.dirname, '..')
const sources = { price: 'src/lib/pricing/cli.ts', address: 'src/lib/address/cli.ts' }
const wanted = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(sources)

for (const name of wanted) {
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
      rolldownOptions: { input: join(root, sources[name]), output: { format: 'es', entryFileNames: `${name}-cli.mjs` } },
    },
  })
}
