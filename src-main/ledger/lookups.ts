import type { Database } from 'better-sqlite3'
import type { Hash } from '../wire/bytes.ts'
import { parseEntry } from '../wire/entry.ts'
import type { ActorId, IncarnationId } from '../wire/ids.ts'
import type { ApplyContext } from './apply.ts'
import type { Names } from './names.ts'
import type { Decided, StatementQueue } from './queue.ts'

/** What the tables know about statements that were applied before: how a repeated one is told from a second content. */
export function lookups(
  database: Database,
  { actors, incarnations }: { actors: Names; incarnations: Names },
  hash: Hash,
): Pick<ApplyContext, 'usedFor' | 'sealAt'> & { decided: Parameters<StatementQueue['retire']>[0] } {
  const entry = database.prepare('SELECT bytes FROM entry WHERE actor = ? AND incarnation = ? AND sequence = ?').pluck()
  const refusal = database.prepare(
    'SELECT hash, reason AS refused FROM refusal WHERE actor = ? AND incarnation = ? AND sequence = ? AND second = 0',
  )
  const seal = database.prepare('SELECT bytes FROM seal JOIN entry ON entry.idx = seal.idx WHERE height = ?').pluck()
  const statementHash = (bytes: Uint8Array | undefined): Uint8Array | null =>
    bytes === undefined ? null : hash(parseEntry(bytes).sigStructure)
  const decided = (actor: ActorId, incarnation: IncarnationId, sequence: number): Decided | null => {
    const place = [actors.find(actor), incarnations.find(incarnation), sequence]
    const accepted = statementHash(entry.get(...place) as Uint8Array | undefined)
    if (accepted !== null) return { hash: accepted, refused: null }
    return (refusal.get(...place) as Decided | undefined) ?? null
  }
  return {
    decided,
    usedFor: (actor, incarnation, sequence) => decided(actor, incarnation, sequence)?.hash ?? null,
    sealAt: (height) => statementHash(seal.get(height) as Uint8Array | undefined),
  }
}
