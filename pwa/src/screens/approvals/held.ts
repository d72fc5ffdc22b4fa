// Orders that wait: the questions the office asks, each with the order it is about.
import { json } from '../../lib/api.ts'
import { money, say } from '../../lib/i18n.svelte.ts'

export interface Hold {
  kind: 'credit' | 'stock' | 'price'
  code: string
  numbers: Record<string, unknown>
}

interface Request {
  id: string
  reference: string
  requested_by_name: string
  requested_at: string
  version: number
  facts: { number?: string; holds?: Hold[] }
}

interface OrderHead {
  id: string
  number: string
  customer_id: string
  customer_name: string
  user_name: string
  total: string
  currency: string
}

/** A question with the order it is about. */
export interface Held {
  request: Request
  order: OrderHead
  holds: Hold[]
}

/** Every open question among one's people, oldest first: two calls however many there are. */
export async function heldOrders(): Promise<Held[]> {
  const [requests, orders] = await Promise.all([
    json<{ items: Request[] }>('approvals?limit=200'),
    json<{ items: OrderHead[] }>('orders?state=on_hold&limit=200'),
  ])
  const heads = new Map(orders.items.map((order) => [order.id, order]))
  return requests.items.flatMap((request) => {
    const order = heads.get(request.reference)
    return order ? [{ request, order, holds: request.facts.holds ?? [] }] : []
  })
}

/** Says yes or no. `id` is made once per decision, so that a repeat after a lost answer is the same decision. */
export const decide = (held: Held, id: string, verdict: 'approve' | 'reject', reason: string): Promise<{ state: string }> =>
  json(`approvals/${held.request.id}/decision`, { method: 'POST', body: { id, verdict, reason: reason || null, expected_version: held.request.version } })

/** One line that says why the order waits, with its numbers. */
export function holdText(hold: Hold, currency: string): string {
  const amount = (name: string) => money(hold.numbers[name] as string | undefined, currency)
  const total = hold.numbers.total as { shown?: string; price?: string } | undefined
  const values = { limit: amount('limit'), exposure: amount('exposure'), after: amount('after'), over: amount('over'), lines: Array.isArray(hold.numbers.lines) ? hold.numbers.lines.length : 0, shown: money(total?.shown, currency), price: money(total?.price, currency) }
  return say(`hold.${hold.kind}.${hold.code}`, values, say(`hold.${hold.kind}`, values, hold.code))
}
