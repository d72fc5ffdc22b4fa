// Builds src/sw.ts after the app, with the list of files it must keep for offline use.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { build, type Plugin, type Rolldown } from 'vite'

type OutputBundle = Rolldown.OutputBundle

const root = join(import.meta.dirname, '..')

/** Dexie in the language of the browsers we build for; the package's first door leads to the one for old ones, 1 KB br more in each of three bundles. */
export const lean = [{ find: /^dexie$/, replacement: 'dexie/dist/modern/dexie.mjs' }]

const kept = (file: string) => !/\.(map|br|gz|mjs)$/.test(file) && !file.startsWith('.vite/') && file !== 'sw.js' && !file.endsWith('.webmanifest')

/** Chunks that a phone in the field can come to: everything but what only screens for a desk lead to. */
function inTheField(bundle: OutputBundle): Set<string> {
  const isDesk = (file: string) => {
    const chunk = bundle[file]
    return chunk?.type === 'chunk' && /\/desk\/|virtual:catalog\/\w+-desk$/.test(chunk.facadeModuleId ?? '')
  }
  const found = new Set<string>()
  const waiting = Object.values(bundle).flatMap((chunk) => (chunk.type === 'chunk' && chunk.isEntry ? [chunk.fileName] : []))
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    const chunk = bundle[file]
    if (found.has(file) || chunk?.type !== 'chunk') continue
    found.add(file)
    waiting.push(...chunk.imports, ...chunk.dynamicImports.filter((next) => !isDesk(next)))
  }
  return found
}

export function serviceWorker(): Plugin {
  return {
    name: 'service-worker',
    apply: 'build',
    async writeBundle(options, bundle) {
      const field = inTheField(bundle)
      const files = Object.keys(bundle).filter((file) => kept(file) && (bundle[file]!.type === 'asset' || field.has(file))).sort()
      // Names with a hash in them say which they are; the others come with a revision.
      const list: (string | { url: string; revision: string })[] = files.map((file) => `/static/${file}`)
      const shell = createHash('sha256').update(readFileSync(join(root, 'templates/shell.html.jinja'))).update(files.join())
      list.push({ url: '/', revision: shell.digest('hex').slice(0, 16) })
      // The mark beside the name on a desk; its address never changes, so its content says which it is.
      const mark = 'icons/icon.svg'
      list.push({ url: `/static/${mark}`, revision: createHash('sha256').update(readFileSync(join(root, 'public', mark))).digest('hex').slice(0, 8) })
      await build({
        configFile: false,
        root,
        logLevel: 'warn',
        publicDir: false,
        resolve: { alias: lean },
        define: { __PRECACHE__: JSON.stringify(list), 'process.env.NODE_ENV': '"production"' },
        build: {
          outDir: options.dir ?? 'static',
          emptyOutDir: false,
          target: 'es2022',
          rolldownOptions: { input: join(root, 'src/sw.ts'), output: { format: 'iife', entryFileNames: 'sw.js' } },
        },
      })
    },
  }
}
