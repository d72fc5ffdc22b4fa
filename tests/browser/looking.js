// Looks at the screen as it stands and tells what is wrong with it, in words; run inside the page by test_axe.py.
async ({ keys, foreign }) => {
  const faults = []
  const seen = (node) => node.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true })
  const named = (node) => `<${node.tagName.toLowerCase()}> “${(node.getAttribute('aria-label') || node.innerText || node.getAttribute('name') || node.className?.baseVal || node.className || '').slice(0, 40)}”`

  const found = await axe.run(document, {
    runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    resultTypes: ['violations'],
    elementRef: false,
  })
  for (const { id, nodes } of found.violations) for (const { target, failureSummary } of nodes) faults.push(`axe ${id}: ${target.join(' ')}: ${failureSummary.split('\n')[1]?.trim()}`)

  // A finger needs 44 px. Left alone: the drawn map (its table says and does the same) and links inside a sentence.
  const dialog = [...document.querySelectorAll('dialog[open]')].at(-1)
  for (const node of (dialog ?? document).querySelectorAll('a[href], button, input, select, textarea, summary, [role=button], [role=option], [role=tab]')) {
    if (!seen(node) || node.closest('svg, .leaflet-pane, .sr-only, [aria-hidden=true]') || node.type === 'hidden') continue
    const target = node.matches('input') && node.closest('label') ? node.closest('label') : node
    const { width, height } = target.getBoundingClientRect()
    if (!width || node.matches('.sr-only') && target === node) continue
    if (getComputedStyle(target).display === 'inline' && target.matches('p a')) continue
    if (width < 43.5 || height < 43.5) faults.push(`small: ${named(target)} is ${width.toFixed(0)} x ${height.toFixed(0)}`)
  }

  const root = document.documentElement
  if (root.scrollWidth > innerWidth) {
    const wide = [...document.querySelectorAll('body *')].filter((node) => seen(node) && node.getBoundingClientRect().right > innerWidth + 1 && !node.closest('.overflow-x-auto, .overflow-hidden, .leaflet-container')).slice(-1)
    faults.push(`wider than the screen by ${root.scrollWidth - innerWidth} px: ${wide.map(named)}`)
  }

  const said = []
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  while (walker.nextNode()) if (walker.currentNode.parentElement.closest('script, style, noscript') === null) said.push(walker.currentNode.data)
  for (const node of document.querySelectorAll('[aria-label], [placeholder], [title], [alt]')) for (const name of ['aria-label', 'placeholder', 'title', 'alt']) said.push(node.getAttribute(name) ?? '')
  const known = new Set(keys)
  const others = new Set(foreign)
  for (const text of said.map((one) => one.trim()).filter(Boolean)) {
    if (text.split(/[\s,;:()·]+/).some((word) => known.has(word))) faults.push(`untranslated: ${text}`)
    if (/\bundefined\b|\bNaN\b|\[object |\{[a-z_]+[,}]|Invalid Date/.test(text)) faults.push(`not meant to be read: ${text}`)
    if (others.has(text)) faults.push(`in the other language: ${text}`)
  }
  return faults
}
