// What a rep sees of a customer's commercial terms: the values that hold, in a few words each. Needs the office.
import { json } from '../../lib/api.ts'
import { currency, language, number } from '../../lib/i18n.svelte.ts'

interface Term {
  value: string | null
  label?: string
  label_en?: string
  from: { kind: string; name: string } | null
}

const WORTH = ['price_list', 'discount', 'sales_method', 'payment_term', 'payment_method', 'currency', 'tax']

/** "Giá đại lý (Đại lý)", "−5 %": each with the group it comes from. Empty when the office is out of reach. */
export async function heldTerms(customer: string): Promise<string[]> {
  const found = await json<{ terms: Record<string, Term> }>(`customers/${customer}/terms`).catch(() => null)
  return WORTH.flatMap((name) => {
    const term = found?.terms[name]
    if (!term?.value || (name === 'discount' && term.value === '0') || (name === 'currency' && term.value === currency())) return []
    const text = name === 'discount' ? `−${number(term.value, 6)} %` : (language() === 'en' && term.label_en) || term.label || term.value
    return [term.from?.kind === 'group' ? `${text} (${term.from.name})` : text]
  })
}
