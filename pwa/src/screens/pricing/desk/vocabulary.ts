// What a promotion may name besides goods and customers: regions, terms of payment, sales methods, each with its words.
import { json, Problem } from '../../../lib/api.ts'
import { store } from '../../../lib/db.ts'
import { named } from '../../../lib/i18n.svelte.ts'
import { shapes } from '../../../lib/shapes.ts'

export interface Choice {
  key: string
  text: string
  code?: string
}
export interface Vocabulary {
  regions: Choice[]
  payment_term: Choice[]
  payment_method: Choice[]
  channel: Choice[]
}
type Words = { value: string; name_vi: string; name_en: string }[]

/** The region set promotions are written for: the one in force. Regions are named with it, "VN-ADM1-34/79". */
const SET = 'VN-ADM1-34'

/** Everything there is to choose from; null without a connection, and codes are typed then. */
export async function vocabulary(): Promise<Vocabulary | null> {
  try {
    const [said, topology] = await Promise.all([json<Record<'payment_term' | 'payment_method' | 'sales_method', Words>>('terms/choices'), shapes(await store(), SET)])
    const outlines = (topology as { objects: Record<string, { geometries: { properties: { code: string; name: string } }[] }> } | undefined)?.objects ?? {}
    const plain = (words: Words): Choice[] => words.map((one) => ({ key: one.value, text: named(one), code: one.value }))
    return {
      regions: Object.values(outlines).flatMap((object) => object.geometries).map(({ properties }) => ({ key: `${SET}/${properties.code}`, text: properties.name })).sort((a, b) => a.text.localeCompare(b.text, 'vi')),
      payment_term: plain(said.payment_term),
      payment_method: plain(said.payment_method),
      channel: plain(said.sales_method),
    }
  } catch (reason) {
    if (reason instanceof Problem) return null
    throw reason
  }
}
