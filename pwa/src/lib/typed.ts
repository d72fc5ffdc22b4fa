// Numbers as people type them, read by the language they write in: "25.400,5" in Vietnamese is 25400.5.

/** A positive decimal text, or null. A mark of the other language is a decimal mark where it cannot part thousands ("2.5"). */
export function typed(text: string, language: 'vi' | 'en'): string | null {
  const bare = text.replace(/[\s\u00a0₫đ$%]/gi, '')
  const [part, point] = language === 'vi' ? ['\\.', ','] : [',', '\\.']
  const found =
    new RegExp(`^(\\d{1,3}(?:${part}\\d{3})+|\\d+)(?:${point}(\\d{1,10}))?$`).exec(bare) ??
    new RegExp(`^(\\d+)${part}(\\d{1,2}|\\d{4,10})$`).exec(bare)
  if (!found) return null
  const whole = found[1]!.replace(/\D/g, '').replace(/^0+(?=\d)/, '')
  const tail = (found[2] ?? '').replace(/0+$/, '')
  return whole.length > 15 ? null : tail ? `${whole}.${tail}` : whole
}
