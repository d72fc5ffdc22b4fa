// Adding decimal strings exactly. Money never passes through a float.

/** The sum of decimal strings ("1200.5" + "3" = "1203.5"), trailing zeros dropped. */
export function sum(values: Iterable<string | null | undefined>): string {
  let total = 0n
  let digits = 0
  for (const value of values) {
    if (!value) continue
    const [whole = '0', part = ''] = value.replace('-', '').split('.')
    if (part.length > digits) {
      total *= 10n ** BigInt(part.length - digits)
      digits = part.length
    }
    const figure = BigInt(whole + part.padEnd(digits, '0'))
    total += value.startsWith('-') ? -figure : figure
  }
  const text = (total < 0n ? -total : total).toString().padStart(digits + 1, '0')
  const part = digits ? text.slice(-digits).replace(/0+$/, '') : ''
  return `${total < 0n ? '-' : ''}${digits ? text.slice(0, -digits) : text}${part && `.${part}`}`
}

/** What somebody typed as an amount, as a decimal string: "1.250.000" and "1,250,000" are the same, "12,5" is 12.5. Null when it is none. */
export function amount(text: string, digits: number): string | null {
  const bare = text.replace(/[\s\u00a0₫đ]/gi, '')
  if (!/^\d[\d.,]*$/.test(bare)) return null
  const last = Math.max(bare.lastIndexOf('.'), bare.lastIndexOf(','))
  const tail = last < 0 ? '' : bare.slice(last + 1)
  const mark = last < 0 ? '' : bare[last]!
  // One mark alone with fewer than three digits behind it is a decimal mark, unless the currency has no decimals.
  const decimal = digits > 0 && last >= 0 && tail.length <= digits && bare.split(mark).length === 2
  const whole = (decimal ? bare.slice(0, last) : bare).replace(/[.,]/g, '').replace(/^0+(?=\d)/, '')
  if (whole.length > 15) return null
  if (!decimal && last >= 0 && tail.length !== 3) return null
  return decimal && tail ? `${whole}.${tail}` : whole
}
