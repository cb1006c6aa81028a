/** Arrow keys in a column: they move the picked row; Enter or the right arrow goes on to what it opens, the left arrow back. */
import type { Attachment } from 'svelte/attachments'

const rowsAPage = 10

const jumps: Record<string, (at: number, last: number) => number> = {
  ArrowDown: (at, last) => Math.min(last, at + 1),
  ArrowUp: (at) => Math.max(0, at - 1),
  PageDown: (at, last) => Math.min(last, at + rowsAPage),
  PageUp: (at) => Math.max(0, at - rowsAPage),
  Home: () => 0,
  End: (_, last) => last,
}

/** For a `tbody` whose rows each hold one button: pressing that button picks the row. */
export function rowKeys(open: () => void, back?: () => void): Attachment<HTMLElement> {
  return (body) => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.altKey || event.ctrlKey || event.metaKey) return
      const buttons = [...body.querySelectorAll<HTMLButtonElement>('button.rowkey')]
      const at = buttons.indexOf(event.target as HTMLButtonElement)
      const jump = jumps[event.key]
      if (at < 0) return
      if (jump) {
        const next = buttons[jump(at, buttons.length - 1)]
        next?.focus()
        next?.click()
      } else if (event.key === 'Enter' || event.key === 'ArrowRight') open()
      else if (event.key === 'ArrowLeft' && back) back()
      else return
      event.preventDefault()
    }
    body.addEventListener('keydown', onKey)
    return () => body.removeEventListener('keydown', onKey)
  }
}

/** Puts the focus on the picked row of the column `selector`, or its first. */
export function focusColumn(selector: string): void {
  const row =
    document.querySelector<HTMLElement>(`${selector} tr.picked .rowkey`) ??
    document.querySelector<HTMLElement>(`${selector} .rowkey`)
  row?.focus()
}

/** Calls `reached` when the element comes into view: the end of a list that loads on. */
export function whenSeen(reached: () => void): Attachment<HTMLElement> {
  return (element) => {
    const observer = new IntersectionObserver((seen) => {
      if (seen.some((one) => one.isIntersecting)) reached()
    })
    observer.observe(element)
    return () => observer.disconnect()
  }
}

/** Brings the picked row into view when it is picked from elsewhere (a link), never while it can be seen. */
export const keepInView: Attachment<HTMLElement> = (row) => {
  row.scrollIntoView({ block: 'nearest' })
}
