/** Alarms of this gateway: what needs a person, until it is over. */
import type { Alarm } from '../endpoints/model.ts'

const KEPT_MAX = 200

/** Alarms of the recording thread that cannot wait: nothing is recorded, or two records differ. */
const URGENT = new Set([
  'own_invalid',
  'own_equivocation',
  'own_bad',
  'identity_doubled',
  'queue_full',
  'seal_differs',
  'roots_differ',
])

export function priorityOf(code: string): Alarm['priority'] {
  return URGENT.has(code) ? 1 : 2
}

export class Alarms {
  readonly #nowUs: () => number
  readonly #alarms: Alarm[] = []

  constructor(nowUs: () => number) {
    this.#nowUs = nowUs
  }

  /** Raises an alarm; the same one (`code` and `place`) is not raised twice while it stands. */
  raise(code: string, place: string, text: string, priority: Alarm['priority'] = 2): void {
    const id = `${code}:${place}`
    const standing = this.#alarms.find((alarm) => alarm.id.startsWith(`${id}@`) && alarm.closedAtUs === null)
    if (standing !== undefined) return
    const raisedAtUs = this.#nowUs()
    this.#alarms.push({
      id: `${id}@${raisedAtUs}`,
      code,
      priority,
      text,
      place,
      raisedAtUs,
      closedAtUs: null,
      acknowledged: null,
    })
    if (this.#alarms.length > KEPT_MAX) this.#alarms.shift()
  }

  close(code: string, place: string): void {
    const standing = this.#alarms.find((alarm) => alarm.id.startsWith(`${code}:${place}@`) && alarm.closedAtUs === null)
    if (standing !== undefined) standing.closedAtUs = this.#nowUs()
  }

  all(): Alarm[] {
    return [...this.#alarms]
  }
}
