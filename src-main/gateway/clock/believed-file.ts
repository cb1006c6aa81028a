/**
 * What a gateway believed of its clock, for its next run while the system stays up: so no restart of the program ends a doubt, and a
 * leap between two runs is seen, too.
 */
import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { writeWhole } from '../../disk/durable-file.ts'

export interface Believed {
  /** Believed time minus the count of elapsed time, microseconds; null where that count began anew. */
  read(): number | null
  write(offsetUs: number): void
}

const believedSchema = z.object({ boot: z.string(), offsetUs: z.int() })

export class BelievedFile implements Believed {
  readonly #path: string
  readonly #boot: string | null

  /** `boot`: a name that the count of elapsed time has until it begins anew; null where nothing names it. */
  constructor(path: string, boot: string | null) {
    this.#path = path
    this.#boot = boot
  }

  read(): number | null {
    try {
      const { boot, offsetUs } = believedSchema.parse(JSON.parse(readFileSync(this.#path, 'utf8')))
      return boot === this.#boot ? offsetUs : null
    } catch {
      return null
    }
  }

  write(offsetUs: number): void {
    if (this.#boot === null) return
    try {
      writeWhole(this.#path, `${JSON.stringify({ boot: this.#boot, offsetUs })}\n`)
    } catch {
      // A full disk is told of elsewhere; it costs no more than the start after it.
    }
  }
}

/** Linux's name for the time since it started (random(4)); null elsewhere. */
export function bootId(): string | null {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  } catch {
    return null
  }
}
