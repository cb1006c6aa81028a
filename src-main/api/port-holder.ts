/** Which program holds a port of this machine, as far as this account may see. Linux only: proc(5). */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { withoutHidden } from '../wire/plain-text.ts'

const TABLES = ['/proc/net/tcp', '/proc/net/tcp6']
const LISTENING = '0A'
const NAME_CHARACTERS_MAX = 64

interface Listener {
  uid: string
  inode: string
}

/** `nginx 1234` (program and process), `uid 1001` where only the account can be seen, or null. */
export function holderOf(port: number): string | null {
  const listener = listenerOn(port)
  if (listener === null) return null
  return processWith(listener.inode) ?? `uid ${listener.uid}`
}

function listenerOn(port: number): Listener | null {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  for (const table of TABLES) {
    for (const line of linesOf(table)) {
      const [, local, , state, , , , uid, , inode] = line.trim().split(/\s+/)
      if (local?.endsWith(wanted) === true && state === LISTENING && uid !== undefined && inode !== undefined)
        return { uid, inode }
    }
  }
  return null
}

function processWith(inode: string): string | null {
  const link = `socket:[${inode}]`
  for (const pid of namesIn('/proc')) {
    if (!/^\d+$/.test(pid) || !namesIn(`/proc/${pid}/fd`).some((fd) => linkOf(`/proc/${pid}/fd/${fd}`) === link))
      continue
    const name = withoutHidden(linesOf(`/proc/${pid}/comm`)[0] ?? '').slice(0, NAME_CHARACTERS_MAX)
    return `${name} ${pid}`.trim()
  }
  return null
}

/** Processes end while they are looked at, and those of other accounts cannot be. */
function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

function linkOf(path: string): string | null {
  try {
    return readlinkSync(path)
  } catch {
    return null
  }
}

function linesOf(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split('\n')
  } catch {
    return []
  }
}
