import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { z } from 'zod'

/** How the command line and the shell find a running daemon and log in to it. Readable by its owner only. */
export const runtimeSchema = z.object({
  pid: z.number().int().positive(),
  name: z.string(),
  host: z.string(),
  port: z.number().int().positive(),
  token: z.string().min(32),
  startedAtUs: z.number(),
  version: z.string(),
})

export type Runtime = z.infer<typeof runtimeSchema>

/** Writes `runtime.json` with mode 0600, whole or not at all. */
export function writeRuntime(path: string, runtime: Runtime): void {
  const half = `${path}.${runtime.pid}.new`
  writeFileSync(half, `${JSON.stringify(runtime)}\n`, { mode: 0o600 })
  renameSync(half, path)
}

/** Reads a daemon's `runtime.json`; null when there is none, it is damaged, or its process is gone. */
export function readRuntime(path: string): Runtime | null {
  try {
    const runtime = runtimeSchema.parse(JSON.parse(readFileSync(path, 'utf8')))
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
