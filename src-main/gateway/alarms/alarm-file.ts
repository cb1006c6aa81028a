/**
 * What a gateway knows of its alarms across a restart, in `alarms.json` of its folder: who acknowledged and shelved what, since when,
 * which events about it have not reached the ledger yet, and the counts of ISA-18.2. The ledger has the same as evidence; this file is what the list goes by,
 * because the list must stand while nothing can be signed or read.
 */
import { readFileSync, renameSync } from 'node:fs'
import type { Logger } from 'pino'
import { z } from 'zod'
import { conditionCodes, type ConditionCode } from '../../endpoints/conditions.ts'
import { keptFigures } from './alarm-figures.ts'
import { writeDurably } from '../../disk/durable-file.ts'

const code = z.custom<ConditionCode>((value) => conditionCodes.includes(value as ConditionCode))
const person = { name: z.string(), reason: z.string(), atUs: z.int() }

const keptAlarm = z.object({
  code,
  place: z.string(),
  sinceUs: z.int(),
  /** When it was said last that it stands. */
  lastUs: z.int(),
  facts: z.record(z.string(), z.union([z.string(), z.number()])),
  /** Null while it stands. */
  closedAtUs: z.int().nullable(),
  acknowledged: z.object(person).nullable(),
  /** The ledger was told that it was raised, so that it is to be told that it is over. */
  said: z.boolean(),
  /** Where the ledger has that; null until it does. */
  entry: z.int().nullable(),
})
export type KeptAlarm = z.infer<typeof keptAlarm>

const shelf = z.object({ code, place: z.string(), sinceUs: z.int(), ...person, untilUs: z.int() })
export type Shelf = z.infer<typeof shelf>

/** An event that was not recorded yet; its body is one of an alarm kind. */
const unsaid = z.object({ type: z.string(), body: z.record(z.string(), z.union([z.string(), z.number()])) })
export type Unsaid = z.infer<typeof unsaid>

/** Those that can be read: a code of another version is none of ours. */
const readable = <T>(schema: z.ZodType<T>) =>
  z.array(z.unknown()).transform((items) =>
    items.flatMap((item) => {
      const read = schema.safeParse(item)
      return read.success ? [read.data] : []
    }),
  )
const keptAlarms = z.object({
  version: z.literal(1),
  alarms: readable(keptAlarm),
  shelves: readable(shelf),
  unsaid: readable(unsaid),
  /** Counts that another version wrote otherwise begin anew. */
  figures: keptFigures.optional().catch(undefined),
})
export type KeptAlarms = Omit<z.infer<typeof keptAlarms>, 'version'>

export interface AlarmStore {
  load(): KeptAlarms
  save(kept: KeptAlarms): void
}

const NONE: KeptAlarms = { alarms: [], shelves: [], unsaid: [] }

/** What cannot be read is put aside: what stands is then not acknowledged, and nothing is shelved. */
export function alarmFile(path: string, log: Pick<Logger, 'warn' | 'error'>): AlarmStore {
  return {
    load() {
      let text: string
      try {
        text = readFileSync(path, 'utf8')
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
          log.error({ err: error, path }, 'the kept alarms cannot be read: nothing counts as acknowledged or shelved')
        return NONE
      }
      try {
        return keptAlarms.parse(JSON.parse(text))
      } catch (error) {
        const aside = `${path}.unreadable`
        renameSync(path, aside)
        log.error({ err: error, path: aside }, 'the kept alarms are damaged: nothing counts as acknowledged or shelved')
        return NONE
      }
    },
    save(kept) {
      try {
        writeDurably(path, new TextEncoder().encode(JSON.stringify({ version: 1, ...kept })))
      } catch (error) {
        log.warn({ err: error, path }, 'alarms could not be kept: a restart would forget who acknowledged them')
      }
    },
  }
}
