// The price brain bundled and minified as the app is, with and without fraction.js, as one JSON line (bench/pricing.py).
import { join } from 'node:path'
import { build } from 'vite'

const root = join(import.meta.dirname, '..')

/** The code of rules.ts with everything it needs, except what is left outside. */
async function bundled(external) {
  const { output } = await build({
    configFile: false,
    root,
    logLevel: 'error',
    publicDir: false,
    build: {
      write: false,
      target: 'es2022',
      minify: true,
      lib: { entry: join(root, 'src/lib/pricing/rules.ts'), formats: ['es'], fileName: 'rules' },
      rolldownOptions: { external },
    },
  }).then((built) => (Array.isArray(built) ? built[0] : built))
  return output.map(({ code }) => code ?? '').join('')
}

console.log(JSON.stringify({ whole: await bundled([]), own: await bundled(['fraction.js']) }))
