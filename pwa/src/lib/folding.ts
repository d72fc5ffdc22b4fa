// Folding: how a text is written when only its letters matter ("Cửa hàng Đông" -> "cua hang dong").
// The office folds the same way (backend/core/folding.py); tests/cases/search keeps the two alike.

/** Lower case, without accents, đ as d, runs of blanks as one. */
export function fold(text: string): string {
  return text.toLowerCase().replace(/đ/g, 'd').normalize('NFD').replace(/\p{M}/gu, '').replace(/\s+/g, ' ').trim()
}

/** The digits of a phone number in national form: +84 and 0084 become 0. */
export function digits(text: string): string {
  const only = text.replace(/[^0-9+]/g, '')
  for (const prefix of ['+84', '0084']) if (only.startsWith(prefix)) return `0${only.slice(prefix.length).replace(/^0+/, '')}`.replace(/\+/g, '')
  return only.replace(/\+/g, '')
}
