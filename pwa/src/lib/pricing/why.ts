// "Why this price?": the trace of a priced order as texts of the language files (pwa/locales/*/pricing.json).
import type { Skipped } from './order.ts'

/** A text's key and the values it wants. */
export interface Text {
  key: string
  values: Record<string, string>
}

/** Why a rule or a promotion was looked at and not applied. `missing` is in base units, or in the order's currency (`of` amount). */
export function whySkipped(one: Skipped): Text {
  const code = one.code ?? ''
  if (code.startsWith('group:')) return { key: 'pricing.skip.group', values: { group: code.slice('group:'.length) } }
  if ((code === 'min' || code === 'tier') && !one.missing) return { key: `pricing.skip.${code}.plain`, values: {} }
  return { key: `pricing.skip.${code}`, values: one }
}

/** Where a price comes from: `list:DL/DL-2`, `item`, `given` or `gift`. */
export function whereFrom(source: string, promotion = ''): Text {
  if (!source.startsWith('list:')) return { key: `pricing.source.${source}`, values: { promotion } }
  const [list = '', ...rule] = source.slice('list:'.length).split('/')
  return { key: 'pricing.source.list', values: { list, rule: rule.join('/') } }
}
