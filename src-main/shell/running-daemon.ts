import { readdirSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'

/** What the shell reads of a daemon's `runtime.json`. */
const runtimeSchema = z.object({
  pid: z.number().int().positive(),
  process: z.string().nullable().default(null),
  name: z.string(),
  host: z.enum(['127.0.0.1', '::1', 'localhost']),
  port: z.number().int().min(1).max(65_535),
  token: z.string().min(32),
})

type Runtime = z.infer<typeof runtimeSchema>

/** A daemon that runs on this machine: where it listens, and the token that programs of the same user log in with. */
export interface RunningDaemon {
  readonly name: string
  readonly pid: number
  /** `http://127.0.0.1:8440` */
  readonly origin: string
  readonly token: string
}

/** The user's data folder, where the command line keeps its gateways too. */
export function dataFolder(environment: NodeJS.ProcessEnv, platform: NodeJS.Platform): string {
  if (platform === 'win32') return join(environment['LOCALAPPDATA'] ?? homedir(), 'Plumbline')
  if (platform === 'darwin') return join(homedir(), 'Library', 'Application Support', 'Plumbline')
  return join(environment['XDG_DATA_HOME'] ?? join(homedir(), '.local', 'share'), 'plumbline')
}

/**
 * The daemon that runs in a data folder, or in a sub-folder of it (by name, so that every start finds the same one).
 *
 * @param isAlive whether the daemon that wrote the file runs; after a crash its process id may be somebody else's, and so
 *   may its port, which must not be sent the token
 */
export function findDaemon(data: string, isAlive: (daemon: Runtime) => boolean = daemonIsAlive): RunningDaemon | null {
  for (const folder of [data, ...subfolders(data)]) {
    const runtime = readRuntime(join(folder, 'runtime.json'))
    if (runtime !== null && isAlive(runtime)) {
      const host = runtime.host === '::1' ? '[::1]' : runtime.host
      return { name: runtime.name, pid: runtime.pid, origin: `http://${host}:${runtime.port}`, token: runtime.token }
    }
  }
  return null
}

function readRuntime(file: string): Runtime | null {
  try {
    return runtimeSchema.parse(JSON.parse(readFileSync(file, 'utf8')))
  } catch {
    return null // none there, or half of one: no daemon that could be talked to
  }
}

function subfolders(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => join(folder, name))
      .toSorted()
  } catch {
    return []
  }
}

function daemonIsAlive({ pid, process: stamp }: Runtime): boolean {
  if (stamp !== null) return processStamp(pid) === stamp
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // EPERM: it runs, as somebody else (the installed service).
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

/** As the daemon writes it, see `gateway/folder/runtime-file.ts`; the shell uses no code of the gateway. */
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
