// What a book says beyond the price grammar: gifts of the customer's choice, and promotions a customer has had often enough.
//
// A choice is one promotion for each gift ("KM1~1", "KM1~2", ...) with a coupon of the same name: see backend/pricing/choices.py.
import type { Book } from '../../lib/pricing/book.ts'
import type { PricedLine } from '../../lib/pricing/rules.ts'
import { isObject, listOf, own } from '../../lib/pricing/shapes.ts'
import { concerns } from '../../lib/pricing/why.ts'
import { priced, type Basket } from './basket.ts'

/** Gifts of one promotion the customer may choose one of; `gift` is the line it would bring. */
export interface Offer {
  promotion: string
  options: { coupon: string; gift: PricedLine }[]
}

const MARK = '~'
const stem = (code: string): string => code.split(MARK)[0] ?? code

/** Every choice this basket earns, asked of the brain gift by gift. */
export function offersOf(book: Book | null, basket: Basket, customer: string, on: string): Offer[] {
  if (!book) return []
  const lines = basket.lines.filter((line) => line.qty > 0)
  const offers = new Map<string, Offer>()
  for (const { id } of book.promotions) {
    if (!id.includes(MARK) || !lines.some((line) => concerns(book, id, { item: line.item_id, unit: line.unit }))) continue
    const gift = priced(book, { ...basket, gifts: { ...basket.gifts, [stem(id)]: id } }, customer, on).order?.lines.find((line) => line.gift === id)
    if (!gift) continue
    const offer = offers.get(stem(id)) ?? { promotion: stem(id), options: [] }
    offer.options.push({ coupon: id, gift })
    offers.set(offer.promotion, offer)
  }
  const place = (coupon: string) => Number(coupon.split(MARK)[1])
  for (const { options } of offers.values()) options.sort((a, b) => place(a.coupon) - place(b.coupon))
  return [...offers.values()]
}

/** Whether the customer has said which gift, or that they want none. */
export const decided = (offer: Offer, basket: Basket): boolean => {
  const said = basket.gifts?.[offer.promotion]
  return said === '' || offer.options.some(({ coupon }) => coupon === said)
}

/** How often a customer has had a promotion, where that is as often as they may; null where they still may. */
export function hadOften(book: Pick<Book, 'raw'>, promotion: string, customer: string): number | null {
  const most = isObject(book.raw.limits) ? own(book.raw.limits, stem(promotion)) : undefined
  const raw = listOf(book.raw.promotions).filter(isObject).find((one) => own(one, 'id') === promotion)
  const last = isObject(raw?.when) && Array.isArray(raw.when.all) ? (raw.when.all.at(-1) as unknown) : undefined
  const out = isObject(last) && isObject(last.not) && last.not.fact === 'customer.id' ? listOf(last.not.value) : []
  return typeof most === 'number' && out.includes(customer) ? most : null
}

/** A gift that was not chosen: nothing to explain. */
export const unchosen = (promotion: string | undefined, key: string): boolean => !!promotion?.includes(MARK) && key === 'pricing.skip.coupon'
