/**
 * Runs inside the page of the console, put there by the debugger (the page's own policy lets no script in).
 * `globalThis.probe` answers what the tests ask; plain JavaScript, because the tests' types know no DOM.
 */
globalThis.probe = {
  /** What is wider than the page, and text that its own box cuts off. */
  overflowing() {
    const found = []
    if (document.documentElement.scrollWidth > innerWidth) found.push(`page ${document.documentElement.scrollWidth} px`)
    const label = (element) =>
      `${element.tagName.toLowerCase()}.${element.getAttribute('class') ?? ''} "${element.textContent.trim().slice(0, 40)}"`
    for (const element of document.querySelectorAll('main, main *, .rail *, .bar *, .banner *')) {
      const { right, width } = element.getBoundingClientRect()
      if (width > 1 && right > innerWidth + 1) found.push(`beyond the edge: ${label(element)}`)
    }
    for (const element of document.querySelectorAll('.btn, .seg > *, .pair b, .pair small, .nav a, h1, h2')) {
      if (element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 1)
        found.push(`cut off: ${label(element)}`)
    }
    return found
  },

  /** Accessibility findings of axe-core, which must have been put into the page before. */
  async axe() {
    const values = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']
    const { violations } = await globalThis.axe.run(document, { runOnly: { type: 'tag', values } })
    return violations.map(({ id, help, nodes }) => ({ id, help, nodes: nodes.map((node) => node.html.slice(0, 200)) }))
  },

  /** Whether the screen is taller than its frame and cannot be scrolled. */
  hidesItsFoot() {
    const main = document.querySelector('main')
    return main === null || (main.scrollHeight > main.clientHeight && getComputedStyle(main).overflowY === 'hidden')
  },

  widerThanPage: () => document.documentElement.scrollWidth - innerWidth,
  background: (selector) => getComputedStyle(document.querySelector(selector)).backgroundColor,
  waits: () => document.querySelector('.skel') !== null,
  requests: () => performance.getEntriesByType('resource').length,
  goTo(hash) {
    location.hash = hash
  },
}
// An uncaught error is what the tests listen to; the browser's own line about a violation may be lost with its worker.
addEventListener('securitypolicyviolation', (event) => {
  reportError(new Error(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`))
})
