// Merges locales/<language>/*.json at build time, compiles the ICU texts and types the keys.
// `npm run check` fails when two slices claim one key or a text exists in one language only; the build only warns.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { compileMessage } from '@lingui/message-utils/compileMessage'

/** Folder of the phone app. */
const root = join(import.meta.dirname, '..')
export const languages = ['vi', 'en']

/** Keys that two slices claim, found while reading. */
const clashes = new Set()

/** Which catalogue a file belongs to: `<slice>-desk.json` holds what only screens at a desk say and comes with those. */
const isDesk = (file) => file.endsWith('-desk.json')

/** All texts of a language, key to ICU source; `only` narrows it to the files of one catalogue. */
export function texts(language, only = () => true) {
  const all = {}
  const folder = join(root, 'locales', language)
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.json') && only(name)).sort()) {
    for (const [key, text] of Object.entries(JSON.parse(readFileSync(join(folder, file), 'utf8')))) {
      if (key in all) clashes.add(`locales/${language}/${file}: "${key}" is already said by another slice`)
      all[key] = text
    }
  }
  return all
}

/** Keys present in one language and absent in another, and keys claimed twice. */
export function holes() {
  const known = languages.map((language) => [language, texts(language)])
  const keys = new Set(known.flatMap(([, all]) => Object.keys(all)))
  return [...keys].flatMap((key) => known.filter(([, all]) => !(key in all)).map(([language]) => `${language}: ${key}`)).concat(...clashes).sort()
}

/** Writes src/lib/keys.ts so that `t('...')` is checked by the compiler. */
export function writeKeys() {
  const keys = Object.keys(texts('vi')).sort()
  const source = `// Generated from locales/vi/*.json; not committed.\nexport type Key =\n${keys.map((key) => `  | ${JSON.stringify(key)}`).join('\n')}\n`
  const path = join(root, 'src/lib/keys.ts')
  let old = ''
  try {
    old = readFileSync(path, 'utf8')
  } catch {
    // first run: nothing there yet
  }
  if (old !== source) writeFileSync(path, source)
}

/** `import catalog from 'virtual:catalog/vi'` (or `.../vi-desk`): compiled texts, one chunk per language and place of work. */
export function catalogs() {
  return {
    name: 'catalogs',
    buildStart() {
      const missing = holes()
      if (missing.length) this.warn(`texts missing:\n  ${missing.join('\n  ')}`)
      writeKeys()
    },
    resolveId: (id) => (id.startsWith('virtual:catalog/') ? `\0${id}` : undefined),
    load(id) {
      if (!id.startsWith('\0virtual:catalog/')) return undefined
      const [language, desk] = id.slice('\0virtual:catalog/'.length).split('-')
      const mine = (file) => isDesk(file) === (desk === 'desk')
      // What only the office says (its problems travel with their text, papers and notices are made there) stays there.
      const office = (key) => /^(notice|paper|insight)\./.test(key) || (key.startsWith('problem.') && !pricing.has(key))
      const pricing = new Set(Object.keys(JSON.parse(readFileSync(join(root, 'locales', language, 'pricing.json'), 'utf8'))))
      // A key one language lacks is shown in the other rather than as a bare key.
      const all = { ...texts('en', mine), ...texts('vi', mine), ...texts(language, mine) }
      for (const folder of languages) {
        for (const file of readdirSync(join(root, 'locales', folder))) this.addWatchFile(join(root, 'locales', folder, file))
      }
      const compiled = Object.fromEntries(Object.entries(all).filter(([key]) => !office(key)).map(([key, text]) => [key, compileMessage(text)]))
      return `export default JSON.parse(${JSON.stringify(JSON.stringify(compiled))})`
    },
  }
}
