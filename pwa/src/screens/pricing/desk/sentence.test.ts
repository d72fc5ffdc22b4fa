// A rule in words, in both languages: what the editor shows while somebody writes.
import { beforeAll, describe, expect, it } from 'vitest'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { begin, clean, effectOf, FACTS, operators, unfold, type Names, type Rule } from './promotions.ts'
import { condition, sentence } from './sentence.ts'
import { speak, speakAlso } from '../../../lib/i18n.svelte.ts'

const names: Names = {
  labels: { milk: { code: 'SUA', name_vi: 'SỮA TƯƠI', name_en: 'FRESH MILK', unit: 'hộp' }, cup: { code: 'LY', name_vi: 'Ly', name_en: 'Cup', unit: 'cái' } },
  items: [{ id: '1', parent_id: null, code: 'sua', name_vi: 'Sữa', name_en: 'Dairy' }],
  customers: [{ id: '2', parent_id: null, code: 'dai-ly', name: 'Đại lý' }],
}
const tenAndOne: Rule = { name: { vi: '10+1' }, valid_from: '2026-11-22', valid_to: '2026-12-22', scope: { customer_groups: ['dai-ly'] }, match: { items: ['milk'] }, effect: { kind: 'gift', item: 'milk', qty: '1', every: '10', max_times: '5' } }
// Money and its sign are joined by a space that does not break.
const said = (rule: Rule, pick?: 'best' | 'priority') => sentence(rule, names, pick).replaceAll('\u00a0', ' ')

describe('in Vietnamese', () => {
  beforeAll(async () => { await speak('vi'); await speakAlso('desk') })

  it('says ten and one as people do', () => {
    expect(said(tenAndOne)).toBe('Khách nhóm Đại lý, từ 22/11/2026 đến 22/12/2026: mua SỮA TƯƠI thì tặng 1 hộp SỮA TƯƠI, cho mỗi 10 hộp, tối đa 5 lần.')
  })
  it('says a ladder, a condition, a coupon and a group', () => {
    const rule: Rule = { name: { vi: 'x' }, stage: 'order', match: { item_groups: ['sua'], not_items: ['milk'] }, coupon: 'TET', group: 'ck', exclusive: true, when: { any: [{ fact: 'order.lines', op: 'ge', value: '3' }, { not: { fact: 'customer.first_order', op: 'eq', value: true } }] }, tiers: [{ min: { amount: '5000000' }, effect: { kind: 'percent', value: '1' } }, { min: { amount: '10000000', basis: 'running' }, effect: { kind: 'amount', value: '200000', per: 'order' } }] }
    expect(said(rule, 'priority')).toBe(
      'Mọi khách hàng, không giới hạn ngày: mua hàng nhóm Sữa trừ SỮA TƯƠI thì từ 5.000.000 ₫: giảm 1 %; từ 10.000.000 ₫ (sau khuyến mãi khác): giảm 200.000 ₫ cho cả đơn.' +
        ' Chỉ khi số dòng hàng từ 3 hoặc không phải là đơn đầu tiên của khách. Cần mã TET. Không dùng chung với chương trình khác. Trong nhóm ck chỉ chương trình ưu tiên nhất được áp dụng.',
    )
  })
})

describe('in English', () => {
  beforeAll(async () => { await speak('en'); await speakAlso('desk') })

  it('says buy and get', () => {
    const rule: Rule = { name: { vi: 'x' }, match: { items: ['milk'] }, effect: { kind: 'buy_get', buy: { qty: '2' }, get: { qty: '1', percent: '50', match: { items: ['cup'] } }, repeat: true } }
    expect(said(rule)).toBe('Every customer, without an end: buying FRESH MILK: for 2 hộp bought, 1 Cup of the cheapest 50 % off, again and again.')
  })
  it('has words for every fact and every way to compare it', () => {
    for (const fact of Object.keys(FACTS)) for (const op of operators(fact)) {
      const value = op === 'between' ? ['1', '2'] : ['has_any', 'not_in'].includes(op) ? ['a'] : FACTS[fact] === 'flag' || op === 'exists' ? true : FACTS[fact] === 'date' ? '2026-01-02' : '5'
      expect(condition({ fact, op, value }, names)).not.toMatch(/promo\.|undefined|\{/)
    }
  })
  it('has words for every kind of effect, also half written', () => {
    for (const kind of ['percent', 'amount', 'price', 'gift', 'buy_get'] as const) expect(said({ ...tenAndOne, effect: effectOf(kind) })).not.toMatch(/promo\.|undefined|NaN|\{/)
  })
})

describe('what is sent', () => {
  it('leaves out what was left empty, and opens again as it was', () => {
    const rule = clean(begin('ten-one'))
    expect(rule).toMatchObject({ name: { vi: 'Mua 10 tặng 1', en: '10+1' }, effect: { kind: 'gift', qty: '1', every: '10' } })
    expect(Object.keys(rule)).not.toContain('scope')
    expect(clean(unfold(tenAndOne))).toEqual({ ...tenAndOne, stage: 'line', priority: 0 })
  })
})

describe('texts', () => {
  it('are said nowhere with a key that does not exist', () => {
    const known = new Set(Object.keys(JSON.parse(readFileSync(join(import.meta.dirname, '../../../../locales/vi/promotions-desk.json'), 'utf8')) as object))
    const files = readdirSync(import.meta.dirname).filter((name) => /^(Promotion|Conditions|Effect|Tiers|Simulator|sentence|promotions)/.test(name) && !name.includes('test'))
    const used = files.flatMap((name) => [...readFileSync(join(import.meta.dirname, name), 'utf8').matchAll(/'(promo\.[a-z0-9.-]+)'/g)].map((hit) => hit[1]!)).filter((key) => !key.endsWith('.'))
    expect(used.length).toBeGreaterThan(100)
    expect(used.filter((key) => !known.has(key))).toEqual([])
  })
})
