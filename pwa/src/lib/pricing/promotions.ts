// Promotions of an order. Twin: backend/pricing/rules_promotions.py.
import type { Order } from './order.ts'

/** Applies the book's promotions: the line stage, then the order stage. */
export function promote(_order: Order): void {}
