// Short messages at the foot of the screen, read out by screen readers.
export interface Toast {
  id: number
  text: string
  tone: 'plain' | 'good' | 'bad'
}

let last = 0
const shown = $state<Toast[]>([])
export const toasts: readonly Toast[] = shown

/** Shows a message for a few seconds. */
export function toast(text: string, tone: Toast['tone'] = 'plain', ms = tone === 'bad' ? 7000 : 3500): void {
  const id = ++last
  shown.push({ id, text, tone })
  setTimeout(() => {
    const at = shown.findIndex((one) => one.id === id)
    if (at >= 0) shown.splice(at, 1)
  }, ms)
}
