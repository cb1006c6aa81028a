import { readFileSync } from 'node:fs'
import type { Logger } from 'pino'
import { z } from 'zod'
import { writeWhole } from '../disk/durable-file.ts'
import { roles, type Role } from '../endpoints/model.ts'
import type { SessionStore } from './sessions.ts'

const hash = z.string().regex(/^[A-Za-z0-9+/]{43}=$/)
const keptSchema = z.array(
  z.strictObject({
    cookieHash: hash,
    keyHash: hash,
    name: z.string().min(1),
    role: z.enum(roles),
    door: z.enum(['machine', 'network']).default('machine'),
    openedAtUs: z.int(),
    usedAtUs: z.int(),
  }),
)

/**
 * Sessions in `sessions.json` of the data folder, mode 0600. It holds hashes only, so that whoever reads it is nobody by that. What cannot
 * be read or written is no reason to stop: everybody signs in again.
 */
export function sessionFile(path: string, log: Pick<Logger, 'warn'>): SessionStore<Role> {
  return {
    load() {
      let text: string
      try {
        text = readFileSync(path, 'utf8')
      } catch {
        return []
      }
      try {
        return keptSchema.parse(JSON.parse(text))
      } catch {
        log.warn({ path }, 'the kept sessions cannot be read: everybody signs in again')
        return []
      }
    },
    save(sessions) {
      try {
        writeWhole(path, JSON.stringify(sessions))
      } catch (error) {
        log.warn({ err: error }, 'sessions could not be kept: a restart asks everybody to sign in again')
      }
    },
  }
}
