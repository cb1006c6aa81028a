import { readFileSync, rmSync } from 'node:fs'
import { z } from 'zod'
import { writeWhole } from '../../disk/durable-file.ts'

/** How the command line and the shell find a running daemon and log in to it. Readable by its owner only. */
export const runtimeSchema = z.object({
  pid: z.number().int().positive(),
  /** `processStamp` of the daemon; null where the platform has none. */
  process: z.string().nullable().default(null),
  name: z.string(),
  host: z.string(),
  port: z.number().int().positive(),
  token: z.string().min(32),
  startedAtUs: z.number(),
  version: z.string(),
})

export type Runtime = z.infer<typeof runtimeSchema>

/** Writes `runtime.json` with mode 0600, whole or not at all. */
export function writeRuntime(path: string, runtime: Omit<Runtime, 'process'>): void {
  const text = `${JSON.stringify({ ...runtime, process: processStamp(runtime.pid) })}\n`
  writeWhole(path, text, `${path}.${runtime.pid}.new`)
}

/**
 * A name that no other process has before the machine starts again, or null where there is none: Linux only. A process
 * id alone comes back, after a power cut even to the same program.
 */
function processStamp(pid: number): string | null {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    // proc(5): the command may hold blanks and brackets; behind its last bracket stand state (3) and start time (22).
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')
    const [state, startedTicks] = [fields[0], fields[19]]
    return startedTicks === undefined || state === 'Z' || state === 'X' ? null : `${boot} ${startedTicks}`
  } catch {
    return null
  }
}

/** Reads a daemon's `runtime.json`; null when there is none, it is damaged, or its process is gone. */
export function readRuntime(path: string): Runtime | null {
  try {
    const runtime = runtimeSchema.parse(JSON.parse(readFileSync(path, 'utf8')))
    if (runtime.process !== null) return processStamp(runtime.pid) === runtime.process ? runtime : null
    process.kill(runtime.pid, 0)
    return runtime
  } catch {
    return null
  }
}

/** Removes the file if this process wrote it. */
export function removeRuntime(path: string): void {
  try {
    const runtime = runtimeSchema.parse(JSON.parse(readFileSync(path, 'utf8')))
    if (runtime.pid === process.pid) rmSync(path, { force: true })
  } catch {
    // Already gone, or another daemon's: not ours to remove.
  }
}
