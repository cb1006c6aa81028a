/** What lies over a screen by a key or a button: search, help, an export. One at a time; Esc closes it. */
import { nextAlarm } from './alarms.ts'
import { live } from './live.svelte.ts'

export type Overlay = 'search' | 'help' | 'export'

/** What a screen would have taken along: null is everything. Times are microseconds. */
export interface Exported {
  streams: readonly string[] | null
  asset: string | null
  fromUs: number
  toUs: number
}

const dayUs = 86_400_000_000

class Overlays {
  open = $state<Overlay | null>(null)
  /** What the screen shows that is open; a view sets it while it has something. */
  exported: (() => Exported) | null = null

  show(overlay: Overlay): void {
    this.open = overlay
  }

  /** A dialog tells its end a moment later; what was opened since stays. */
  closed(overlay: Overlay): void {
    if (this.open === overlay) this.open = null
  }

  /** What is taken along from here: what the screen shows, else the last day of all points. */
  taken(): Exported {
    return this.exported?.() ?? { streams: null, asset: null, fromUs: live.nowUs - dayUs, toUs: live.nowUs }
  }
}

export const overlays = new Overlays()

function wantedBy(event: KeyboardEvent): Overlay | null {
  if (event.key === 'F1') return 'help'
  if (!(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return null
  const key = event.key.toLowerCase()
  return key === 'k' ? 'search' : key === 's' ? 'export' : null
}

/**
 * Ctrl+K searches, F1 helps, F8 leads to the next alarm, Ctrl+S takes along; in a field, too, as none of them is a key of fields. The browser's
 * own page for any of them never comes, also where another dialog is open, which stays. Call once; gives what stops it.
 */
export function listenToOverlayKeys(): () => void {
  const onKey = (event: KeyboardEvent): void => {
    const isNext = event.key === 'F8'
    const wanted = wantedBy(event)
    if (wanted === null && !isNext) return
    event.preventDefault()
    const isOver = document.querySelector('dialog[open]') === null
    if (!isOver && overlays.open === null) return
    if (isNext) {
      overlays.open = null
      nextAlarm()
    } else if (wanted === null || event.repeat) return
    // The same one was closed a moment ago and has not told its end: behind that it opens again.
    else if (isOver && overlays.open === wanted) requestAnimationFrame(() => overlays.show(wanted))
    else overlays.show(wanted)
  }
  addEventListener('keydown', onKey)
  return () => removeEventListener('keydown', onKey)
}
