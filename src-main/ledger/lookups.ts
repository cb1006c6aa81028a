import type { Database } from 'better-sqlite3'
import { parseEntry } from '../wire/entry.ts'
import type { ApplyContext } from './apply.ts'
import type { Hash } from './log-tree.ts'
import type { Names } from './names.ts'

/** What the tables know about statements that were applied before: how a repeated one is told from a second content. */
export function lookups(database: Database, actors: Names, hash: Hash): Pick<ApplyContext, 'usedFor' | 'sealAt'> {
  const entry = database.prepare('SELECT bytes FROM entry WHERE actor = ? AND sequence = ?').pluck()
  const refusal = database.prepare('SELECT hash FROM refusal WHERE actor = ? AND sequence = ? AND second = 0').pluck()
  const seal = database.prepare('SELECT bytes FROM seal JOIN entry ON entry.idx = seal.idx WHERE height = ?').pluck()
  const statementHash = (bytes: Uint8Array | undefined): Uint8Array | null =>
    bytes === undefined ? null : hash(parseEntry(bytes).sigStructure)
  return {
    usedFor(actor, sequence) {
      const id = actors.find(actor)
      if (id === null) return null
      const accepted = statementHash(entry.get(id, sequence) as Uint8Array | undefined)
      return accepted ?? (refusal.get(id, sequence) as Uint8Array | undefined) ?? null
    },
    sealAt: (height) => statementHash(seal.get(height) as Uint8Array | undefined),
  }
}
