import { LedgerError } from '../../ledger/errors.ts'
import { openReader } from '../../ledger/reader.ts'
import { parseEntry } from '../../wire/entry.ts'
import { decodeBody } from '../../record/events.ts'
import { decodeEvent } from '../../record/statements.ts'

const REPAIRS_MAX = 100

/** A repair as the ledger has it. */
export interface Repair {
  gateway: string
  /** When it was signed, microseconds. */
  atUs: number
  /** Where its copy differed first. */
  entry: number
  parts: number
  /** Names of those who gave them. */
  from: string[]
}

/** The newest repairs that a ledger tells of, newest first; none where it cannot be read. */
export function repairsIn(file: string): Repair[] {
  try {
    const reader = openReader(file)
    try {
      const names = new Map(reader.members().map(({ actor, name }) => [actor, name]))
      return reader.entries.eventsOfType('record.healed', REPAIRS_MAX).map(({ actor, timeUs, bytes }) => {
        const body = decodeBody('record.healed', decodeEvent(parseEntry(bytes).payload).body)
        return {
          gateway: names.get(actor) ?? actor,
          atUs: timeUs,
          entry: body.entry,
          parts: body.payloads + body.entries + body.logRows,
          from: body.from.map((giver) => names.get(giver) ?? giver),
        }
      })
    } finally {
      reader.close()
    }
  } catch (cause) {
    // What is damaged, the check itself says.
    if (cause instanceof LedgerError) return []
    throw cause
  }
}
