/**
 * Runs in the page: `measure(targets)` says, one line each, what of the screen as it stands now cannot be read or reached. What an
 * accessibility checker does not see: texts over texts, texts cut off, controls under something else or out of reach, controls too
 * small to be touched, a page that scrolls sideways.
 */
{
  const boxOf = (rect) => ({ left: rect.left, top: rect.top, right: rect.right, bottom: rect.bottom })
  const meet = (a, b) => ({
    left: Math.max(a.left, b.left),
    top: Math.max(a.top, b.top),
    right: Math.min(a.right, b.right),
    bottom: Math.min(a.bottom, b.bottom),
  })
  const empty = (box) => box.right - box.left < 1 || box.bottom - box.top < 1
  const short = (text) => `"${text.trim().replaceAll(/\s+/g, ' ').slice(0, 40)}"`
  const nameOf = (element) => {
    const classes = (element.getAttribute('class') ?? '').replaceAll(/svelte-\w+/g, '').trim()
    return element.tagName.toLowerCase() + (classes === '' ? '' : `.${classes.replaceAll(/\s+/g, '.')}`)
  }
  const scrolls = (overflow) => overflow === 'auto' || overflow === 'scroll'
  const cuts = (overflow) => overflow === 'hidden' || overflow === 'clip'

  /** Of one element, asked once a measure. */
  let known = new Map()
  const of = (element) => {
    const before = known.get(element)
    if (before) return before
    const style = getComputedStyle(element)
    const parent = element.parentElement ? of(element.parentElement) : null
    const covers = style.backgroundColor !== 'rgba(0, 0, 0, 0)'
    const apart =
      style.position === 'sticky' ||
      style.position === 'fixed' ||
      element.tagName === 'DIALOG' ||
      (style.position === 'absolute' && covers)
    const facts = {
      style,
      parent,
      element,
      /** What lies over the rest on purpose, on a ground of its own. */
      layer: apart ? element : (parent?.layer ?? null),
      /** What scrolls it. */
      scroller: scrolls(style.overflowY) || scrolls(style.overflowX) ? element : (parent?.scroller ?? null),
    }
    known.set(element, facts)
    return facts
  }

  /** What can be seen of a box of `element`, and what is cut away for good: by what does not scroll. */
  const seen = (element, box) => {
    let visible = box
    let inner = box
    let whole = box
    let cutter = null
    const through = { x: false, y: false }
    for (let facts = of(element); facts; facts = facts.parent) {
      const { style, element: one } = facts
      if (style.position === 'fixed' && one !== element) break
      if (one === document.body || one === document.documentElement) break
      const x = style.overflowX
      const y = style.overflowY
      if (x === 'visible' && y === 'visible') continue
      const frame = boxOf(one.getBoundingClientRect())
      visible = meet(visible, frame)
      through.x ||= scrolls(x)
      through.y ||= scrolls(y)
      if (through.x && through.y) continue
      const clip = {
        ...(through.x || !cuts(x) ? { left: -1e6, right: 1e6 } : { left: frame.left, right: frame.right }),
        ...(through.y || !cuts(y) ? { top: -1e6, bottom: 1e6 } : { top: frame.top, bottom: frame.bottom }),
      }
      inner = meet(inner, clip)
      const left = meet(whole, clip)
      const narrower = left.right - left.left < whole.right - whole.left - 2
      if (narrower || left.bottom - left.top < whole.bottom - whole.top - 3) cutter ??= one
      whole = left
    }
    return { visible, inner, cutter }
  }

  /** Every line of text that is shown: its box, shrunk to where the letters are. */
  const texts = (root) => {
    const found = []
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT)
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const element = node.parentElement
      if (!element || node.data.trim() === '' || element.closest('.unseen, option, title, noscript, .sprite, script'))
        continue
      if (!element.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true })) continue
      const svg = element.closest('text')
      const range = document.createRange()
      range.selectNodeContents(node)
      const rects = svg ? [element.getBoundingClientRect()] : [...range.getClientRects()]
      for (const rect of rects) {
        if (rect.width < 2 || rect.height < 4) continue
        const inset = rect.height * 0.12
        const box = {
          left: rect.left + 0.5,
          right: rect.right - 0.5,
          top: rect.top + inset,
          bottom: rect.bottom - inset,
        }
        found.push({ node, element, svg, box, text: node.data })
      }
    }
    return found
  }

  const overlaps = (all) => {
    const found = new Set()
    const sorted = all
      .map((one) => ({
        ...one,
        layer: of(one.element).layer,
        scroller: of(one.element).scroller,
        ...seen(one.element, one.box),
      }))
      .toSorted((a, b) => a.box.top - b.box.top)
    for (const [position, one] of sorted.entries()) {
      for (let next = position + 1; next < sorted.length; next += 1) {
        const other = sorted[next]
        if (other.box.top >= one.box.bottom) break
        if (other.node === one.node || other.layer !== one.layer) continue
        const together =
          one.scroller === other.scroller ? meet(one.inner, other.inner) : meet(one.visible, other.visible)
        if (together.right - together.left > 1 && together.bottom - together.top > 1)
          found.add(
            `text over text: ${short(one.text)} (${nameOf(one.element)}) and ${short(other.text)} (${nameOf(other.element)})`,
          )
      }
    }
    return [...found]
  }

  /** Whether what is cut off can be read in full some other way. */
  const told = (element) =>
    element.closest('[title]') !== null || element.closest('a[aria-label], button[aria-label]') !== null

  const clipped = (all) => {
    const found = new Set()
    for (const { element, svg, box, text } of all) {
      const { cutter } = seen(element, box)
      if (cutter && !(of(cutter).style.textOverflow === 'ellipsis' && told(element)))
        found.add(
          `cut off: ${short(text)} (${nameOf(element)}) by ${nameOf(cutter)}${of(cutter).style.textOverflow === 'ellipsis' ? ', without its full text' : ''}`,
        )
      if (!svg) continue
      const frame = svg.ownerSVGElement.getBoundingClientRect()
      if (
        box.left < frame.left - 2 ||
        box.right > frame.right + 2 ||
        box.top < frame.top - 3 ||
        box.bottom > frame.bottom + 3
      )
        found.add(`cut off: ${short(text)} by its drawing`)
    }
    return [...found]
  }

  const controlsOf = (root) => {
    const all = [...root.querySelectorAll('a[href], button, input, select, textarea')].filter(
      (one) => !one.closest('.unseen') && one.checkVisibility({ checkVisibilityCSS: true }),
    )
    // Of many alike in one list the first and the last stand for the others.
    const alike = Map.groupBy(all, (one) => one.closest('tbody, .choices, ul, ol') ?? one)
    return [...alike.values()].flatMap((group) =>
      group.length > 8 ? [...group.slice(0, 4), ...group.slice(-4)] : group,
    )
  }

  /** What a finger may touch: a label's box too, and the row that a control's own ::after covers. */
  const targetOf = (control) => {
    const own = boxOf(control.getBoundingClientRect())
    const after = getComputedStyle(control, '::after')
    const join = (a, b) => ({
      left: Math.min(a.left, b.left),
      top: Math.min(a.top, b.top),
      right: Math.max(a.right, b.right),
      bottom: Math.max(a.bottom, b.bottom),
    })
    if (after.content !== 'none' && after.position === 'absolute') {
      let around = control
      while (around && getComputedStyle(around).position === 'static') around = around.parentElement
      return around ? join(own, boxOf(around.getBoundingClientRect())) : own
    }
    const before = getComputedStyle(control, '::before')
    if (before.content !== 'none' && before.position === 'absolute') {
      const [dx, dy] = [Math.min(0, Number.parseFloat(before.left)), Math.min(0, Number.parseFloat(before.top))]
      return { left: own.left + dx, top: own.top + dy, right: own.right - dx, bottom: own.bottom - dy }
    }
    const field = control.closest('.field')
    if (field) return join(own, boxOf(field.getBoundingClientRect()))
    return [...(control.labels ?? [])].reduce((box, label) => join(box, boxOf(label.getBoundingClientRect())), own)
  }

  /** A link inside of a sentence is as high as its line. */
  const inSentence = (control) => {
    if (getComputedStyle(control).display !== 'inline') return false
    const words = (control.parentElement?.textContent ?? '').replace(control.textContent ?? '', '')
    return words.trim().length > 0
  }

  /** Where a pointer goes for it, and what it meets there. */
  const aim = (control, target) => {
    const rect = control.getClientRects()[0] ?? control.getBoundingClientRect()
    const points = [
      [(target.left + target.right) / 2, (target.top + target.bottom) / 2],
      [(rect.left + rect.right) / 2, (rect.top + rect.bottom) / 2],
    ]
    const hits = points.map(([x, y]) => document.elementFromPoint(x, y))
    const reached = hits.some(
      (hit) =>
        hit &&
        (control.contains(hit) ||
          hit.closest('label')?.control === control ||
          hit.closest('.field')?.contains(control)),
    )
    const outside = points.every(([x, y]) => x < 0 || y < 0 || x > innerWidth || y > innerHeight)
    return { reached, outside, hit: hits[0] }
  }

  /** Whether all of it stands in the window and in everything that cuts or scrolls it. */
  const inSight = (control, target) => {
    const window = { left: 0, top: 0, right: innerWidth, bottom: innerHeight }
    const { left, top, right, bottom } = meet(seen(control, target).visible, window)
    return left - target.left < 1 && top - target.top < 1 && target.right - right < 1 && target.bottom - bottom < 1
  }

  /** What brings it into the window moves: what has no scroll bar must not be among that. */
  const scrolled = (control, does) => {
    const still = []
    for (let one = control.parentElement; one; one = one.parentElement) {
      const { style } = of(one)
      const [x, y] = [cuts(style.overflowX), cuts(style.overflowY)]
      if (x || y) still.push({ one, x, y, left: one.scrollLeft, top: one.scrollTop })
    }
    control.scrollIntoView({ block: 'center', inline: 'nearest', behavior: 'instant' })
    const moved = still.find(
      ({ one, x, y, left, top }) =>
        (x && Math.abs(one.scrollLeft - left) > 1) || (y && Math.abs(one.scrollTop - top) > 1),
    )
    does(moved?.one ?? null)
    for (const { one, left, top } of still) one.scrollTo({ left, top, behavior: 'instant' })
  }

  const unreachable = (root, least) => {
    const found = new Set()
    const judge = (control, what, target, { reached, outside, hit }) => {
      if (empty(target)) return void found.add(`no size: ${what}`)
      if (!reached && outside) found.add(`out of the window: ${what}`)
      else if (!reached) found.add(`covered: ${what} by ${hit ? nameOf(hit) : 'nothing that can be touched'}`)
      const width = target.right - target.left
      const height = target.bottom - target.top
      if (least > 0 && !inSentence(control) && (height < least * 0.8 - 1 || width < (least * 2) / 3 - 1))
        found.add(`too small to touch: ${what} is ${Math.round(width)} x ${Math.round(height)} px of ${least}`)
    }
    for (const control of controlsOf(root)) {
      const what = `${nameOf(control)} ${short(control.getAttribute('aria-label') ?? control.textContent ?? control.name)}`
      const now = targetOf(control)
      // Scrolling lays the page out anew: only for what cannot be reached as it stands.
      if (!empty(now) && inSight(control, now)) {
        const aimed = aim(control, now)
        if (aimed.reached) {
          judge(control, what, now, aimed)
          continue
        }
      }
      scrolled(control, (moved) => {
        if (moved) found.add(`out of reach: ${what}: ${nameOf(moved)} has no scroll bar`)
        const target = targetOf(control)
        judge(control, what, target, aim(control, target))
      })
    }
    for (const one of root.querySelectorAll('*')) if (one.scrollTop > 0) one.scrollTop = 0
    return [...found]
  }

  const sideways = (root) => {
    const found = []
    if (document.documentElement.scrollWidth > innerWidth)
      found.push(`the page is ${document.documentElement.scrollWidth - innerWidth} px wider than the window`)
    for (const one of root.querySelectorAll('*'))
      if (scrolls(of(one).style.overflowX) && one.scrollWidth > one.clientWidth + 1 && one.clientWidth > 1)
        found.push(`scrolls sideways: ${nameOf(one)} by ${one.scrollWidth - one.clientWidth} px`)
    return found
  }

  /** What stands in an empty field, which nothing scrolls and no text node holds. */
  const hints = (root) => {
    const found = []
    const pen = document.createElement('canvas').getContext('2d')
    for (const field of root.querySelectorAll('input[placeholder]')) {
      if (field.value !== '' || !field.checkVisibility()) continue
      const style = getComputedStyle(field)
      pen.font = style.font
      const room = field.clientWidth - Number.parseFloat(style.paddingLeft) - Number.parseFloat(style.paddingRight)
      if (pen.measureText(field.placeholder).width > room + 1)
        found.push(`cut off: ${short(field.placeholder)} by its field`)
    }
    return found
  }

  /** Findings that differ only in what is written there are one: the first of them, and how many more. */
  const together = (found) => {
    const kinds = Map.groupBy(found, (line) => line.replaceAll(/"[^"]*"/g, '""').replaceAll(/\d+/g, '0'))
    return [...kinds.values()].map(([first, ...more]) =>
      more.length === 0 ? first : `${first} (and ${more.length} more)`,
    )
  }

  globalThis.measure = () => {
    known = new Map()
    const root = document.querySelector('dialog[open]') ?? document.body
    const all = texts(root)
    const least = Number.parseFloat(getComputedStyle(document.documentElement).getPropertyValue('--target')) || 0
    const found = [...sideways(root), ...overlaps(all), ...clipped(all), ...hints(root), ...unreachable(root, least)]
    known = new Map()
    return [...together(found), ...globalThis.stage.errors.map((text) => `error: ${text}`)]
  }
}
