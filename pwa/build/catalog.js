// Merges locales/<language>/*.json at build time, compiles the ICU texts and types the keys.
// `npm run check` fails when two slices claim one key or a text exists in one language only; the build only warns.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { compileMessage } from '@lingui/message-utils/compileMessage'

/** Folder of the phone app. */
const root = join(import.meta.dirname, '..')
export const languages = ['vi', 'en']

/** Keys that two slices claim, found while reading. */
const clashes = new Set()

/** What is said before any screen is open: the frame, the state of the sync, logging in. */
const START = new Set(['app.json', 'sync.json', 'people-ui.json'])

/** The labels of the bar, which stand before any screen is open. */
function navLabels() {
  const screens = join(root, 'src/screens')
  const files = readdirSync(screens).map((slice) => join(screens, slice, 'routes.ts')).filter((file) => existsSync(file))
  return new Set(files.flatMap((file) => [...readFileSync(file, 'utf8').matchAll(/\blabel: '([^']+)'/g)].map(([, key]) => key)))
}

/**
 * Which catalogue a text belongs to: `start` comes with the app, `field` with the first screen, `desk` (the files
 * `<slice>-desk.json`) with the first screen for a desk.
 */
function partOf(file, key, labels) {
  if (labels.has(key) || START.has(file)) return 'start'
  return file.endsWith('-desk.json') ? 'desk' : 'field'
}

/** All texts of a language, key to ICU source; `only` narrows it by file and key. */
export function texts(language, only = () => true) {
  const all = {}
  const folder = join(root, 'locales', language)
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.json')).sort()) {
    for (const [key, text] of Object.entries(JSON.parse(readFileSync(join(folder, file), 'utf8')))) {
      if (!only(file, key)) continue
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

/** `import catalog from 'virtual:catalog/vi-start'` (`-field`, `-desk`): compiled texts, one chunk per language and part. */
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
      const [language, part] = id.slice('\0virtual:catalog/'.length).split('-')
      const labels = navLabels()
      const mine = (file, key) => partOf(file, key, labels) === part
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
