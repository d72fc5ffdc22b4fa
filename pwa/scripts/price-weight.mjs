// The price brain with everything it needs, bundled and minified as the app is, on standard output (bench/pricing.py).
import { join } from 'node:path'
import { build } from 'vite'

const root = join(import.meta.dirname, '..')
const built = await build({
  configFile: false,
  root,
  logLevel: 'error',
  publicDir: false,
  build: {
    write: false,
    target: 'es2022',
    minify: true,
    lib: { entry: join(root, 'src/lib/pricing/rules.ts'), formats: ['es'], fileName: 'rules' },
  },
})
const { output } = Array.isArray(built) ? built[0] : built
process.stdout.write(output.map(({ code }) => code ?? '').join(''))
