/** What lies over a screen by a key or a button: search, help, the next alarm, an export. One at a time; Esc closes it. */
import { live } from './live.svelte.ts'

export type Overlay = 'search' | 'help' | 'alarm' | 'export'

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
  /** Which of the standing alarms was shown last. */
  alarmAt = $state(0)

  show(overlay: Overlay): void {
    if (overlay === 'alarm') this.alarmAt = this.open === 'alarm' ? this.alarmAt + 1 : 0
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
  if (event.key === 'F8') return 'alarm'
  if (!(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return null
  const key = event.key.toLowerCase()
  return key === 'k' ? 'search' : key === 's' ? 'export' : null
}

/**
 * Ctrl+K searches, F1 helps, F8 shows the next alarm, Ctrl+S takes along; in a field, too, as none of them is a key of fields. The browser's
 * own page for any of them never comes, also where another dialog is open, which stays. Call once; gives what stops it.
 */
export function listenToOverlayKeys(): () => void {
  const onKey = (event: KeyboardEvent): void => {
    const wanted = wantedBy(event)
    if (wanted === null) return
    event.preventDefault()
    const another = document.querySelector('dialog[open]') !== null && overlays.open === null
    if (!another && !(event.repeat && wanted !== 'alarm')) overlays.show(wanted)
  }
  addEventListener('keydown', onKey)
  return () => removeEventListener('keydown', onKey)
}
