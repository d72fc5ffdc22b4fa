// Every reason the price brain gives has a text in both languages.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { whereFrom, whySkipped } from './why.ts'

const here = import.meta.dirname
const texts = ['vi', 'en'].map(
  (language) => JSON.parse(readFileSync(join(here, '../../../locales', language, 'pricing.json'), 'utf8')) as Record<string, string>,
)
const sources = readdirSync(here).filter((file) => file.endsWith('.ts') && !file.includes('.test.'))
const code = sources.map((file) => readFileSync(join(here, file), 'utf8')).join('\n')
const SCOPES = ['customers', 'customer_groups', 'regions', 'channel', 'payment_term', 'payment_method', 'price_list']

test('every reason in the code has a text in both languages', () => {
  const codes = new Set([...code.matchAll(/(?:code: |return |skip\()'([a-z_]+)'/g)].map((found) => found[1]!))
  for (const known of ['min_qty', 'outranked', 'exclusive', 'tier', 'coupon', 'buy_get']) expect(codes).toContain(known)
  for (const one of [...codes, ...SCOPES])
    for (const language of texts) expect(Object.keys(language)).toContain(whySkipped({ code: one, missing: '1' }).key)
})

test('a reason says its numbers', () => {
  expect(whySkipped({ code: 'group:tet', promotion: 'KM3' })).toEqual({ key: 'pricing.skip.group', values: { group: 'tet' } })
  expect(whySkipped({ code: 'min', promotion: 'KM1' }).key).toBe('pricing.skip.min.plain')
  expect(whySkipped({ code: 'min_qty', missing: '24' }).values.missing).toBe('24')
  for (const language of texts) expect(language['pricing.skip.min.plain']).toBeTruthy()
})

test('a source says its list and rule', () => {
  expect(whereFrom('list:DL/DL-2')).toEqual({ key: 'pricing.source.list', values: { list: 'DL', rule: 'DL-2' } })
  expect(whereFrom('gift', 'KM2')).toEqual({ key: 'pricing.source.gift', values: { promotion: 'KM2' } })
  for (const language of texts) for (const one of ['item', 'given', 'gift', 'list:a/b']) expect(language[whereFrom(one).key]).toBeTruthy()
})
