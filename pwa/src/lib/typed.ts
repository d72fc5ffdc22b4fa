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

/**
 * A day as people write it, as YYYY-MM-DD, or null: 22/11/2026, 22.11.26, 22-11-2026, 22112026, and 22/11 of the year of
 * `now` (YYYY-MM-DD). A day the calendar does not have (31/02) is null too. The day always comes before the month.
 */
export function typedDay(text: string, now: string): string | null {
  const bare = text.trim()
  const [, d, m, y] = /^(\d{1,2})[/.\-\s](\d{1,2})(?:[/.\-\s](\d{4}|\d{2}))?$/.exec(bare) ?? /^(\d\d)(\d\d)(\d{4}|\d{2})$/.exec(bare) ?? []
  const written = d ? `${y ? y.padStart(4, '20') : now.slice(0, 4)}-${m!.padStart(2, '0')}-${d.padStart(2, '0')}` : bare
  const moment = /^\d{4}-\d\d-\d\d$/.test(written) ? Date.parse(`${written}T00:00:00Z`) : NaN
  return !Number.isNaN(moment) && new Date(moment).toISOString().startsWith(written) ? written : null
}
