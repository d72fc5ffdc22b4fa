// Builds src/sw.ts after the app, with the list of files it must keep for offline use.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { build, type Plugin, type Rolldown } from 'vite'

type OutputBundle = Rolldown.OutputBundle

const root = join(import.meta.dirname, '..')

const kept = (file: string) => !/\.(map|br|gz|mjs)$/.test(file) && !file.startsWith('.vite/') && file !== 'sw.js' && !file.endsWith('.webmanifest')

/** Whether a chunk serves desks only: a phone in the field is not made to keep it. */
const atDesk = (chunk: OutputBundle[string] | undefined) =>
  chunk?.type === 'chunk' && chunk.moduleIds.length > 0 && chunk.moduleIds.every((id) => /\/desk\/|virtual:catalog\/\w+-desk$/.test(id))

export function serviceWorker(): Plugin {
  return {
    name: 'service-worker',
    apply: 'build',
    async writeBundle(options, bundle) {
      const files = Object.keys(bundle).filter((file) => kept(file) && !atDesk(bundle[file])).sort()
      const list: { url: string; revision: string | null }[] = files.map((file) => ({ url: `/static/${file}`, revision: null }))
      const shell = createHash('sha256').update(readFileSync(join(root, 'templates/shell.html.jinja'))).update(files.join())
      list.push({ url: '/', revision: shell.digest('hex').slice(0, 16) })
      await build({
        configFile: false,
        root,
        logLevel: 'warn',
        publicDir: false,
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
