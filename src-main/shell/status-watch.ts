import type { Status } from '../endpoints/model.ts'
import type { ShownVerdict } from './surface.ts'

export interface Told {
  readonly verdict: ShownVerdict
  /** One line for the tray. */
  readonly text: string
  /** What the user must hear now: tampering, and alarms of priority 1. Nothing else interrupts. */
  readonly notices: readonly { readonly title: string; readonly body: string }[]
}

/** Turns one status after the other into what tray and notifications say; each thing is announced once. */
export class StatusWatch {
  #wasChanged = false
  #announced = new Set<string>()

  /** @param status null while the daemon does not answer */
  see(status: Status | null): Told {
    if (status === null) return { verdict: 'unknown', text: 'The gateway does not answer.', notices: [] }
    const { integrity, alarms, sources } = status
    const notices: { title: string; body: string }[] = []
    const isChanged = integrity.verdict === 'changed'
    if (isChanged && !this.#wasChanged) {
      notices.push({ title: 'The record was changed', body: integrity.reason ?? 'Open the console to see where.' })
    }
    this.#wasChanged = isChanged

    const urgent = alarms.filter(({ priority, closedAtUs }) => priority === 1 && closedAtUs === null)
    for (const { id, text, place } of urgent) {
      if (!this.#announced.has(id)) notices.push({ title: `Alarm: ${text}`, body: place })
    }
    // Only what is open is remembered: an alarm that comes again is announced again.
    this.#announced = new Set(urgent.map(({ id }) => id))

    const live = sources.filter(({ state }) => state === 'live').length
    const record = { unchanged: 'unchanged', changed: 'CHANGED', 'cannot-tell': 'cannot tell yet' }[integrity.verdict]
    return { verdict: integrity.verdict, text: `Record ${record}; ${live} of ${sources.length} sources live`, notices }
  }
}
