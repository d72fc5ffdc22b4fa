// What the price brain says no with: the same codes as the office (backend/pricing/errors.py, backend/catalog/errors.py).

/** A refusal with its code (`no-price`) and the numbers its text wants. */
export class PriceRefusal extends Error {
  readonly code: string
  readonly numbers: Record<string, string>
  pointer: string | null

  constructor(code: string, numbers: Record<string, string> = {}, pointer: string | null = null) {
    super(code)
    this.code = code
    this.numbers = numbers
    this.pointer = pointer
  }
}

/** What `work` gives, or the refusal it ends in. A fault of ours is no refusal and goes on. */
export function refusalOr<T>(work: () => T): T | PriceRefusal {
  try {
    return work()
  } catch (reason) {
    if (reason instanceof PriceRefusal) return reason
    throw reason
  }
}
