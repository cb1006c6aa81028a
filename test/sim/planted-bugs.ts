/**
 * Mistakes put in on purpose: a simulator that does not find them proves nothing. Each is one a tired engineer could make.
 */
import type { Addon, Collected, RaftConfig, RaftNode } from '../../native/addon.ts'
import type { StoredPass } from '../../src-main/consensus/storage.ts'
import type { Ledger } from '../../src-main/ledger/ledger.ts'

export type PlantedBug =
  /** A statement is acknowledged when the leader has taken it, before anybody stored it. */
  | 'acknowledge before commit'
  /** Votes and append responses leave before the transaction that stores what they promise. */
  | 'answer before commit'
  /** The vote is not part of what is stored. */
  | 'vote not stored'
  /** The applied index is one behind, so that the last entry is applied again after a restart. */
  | 'apply twice'
  /** What a killed process had written counts before it is synced. */
  | 'page cache counts'
  /** There is no mark, and peers show none. */
  | 'no mark'
  /** The mark is written before the transaction whose counter it names. */
  | 'mark before log'
  /** A vote leaves before the mark is written. */
  | 'vote before mark'
  /** Of three, one other is enough to come back. */
  | 'a majority that counts itself'
  /** A gateway that forgot answers appends before it has heard anybody. */
  | 'acknowledging while mute'

/** The store's view of a pass under a bug. */
export function storedUnder(bug: PlantedBug | null, pass: StoredPass): StoredPass {
  if (bug !== 'vote not stored' || pass.hardState === null) return pass
  return { ...pass, hardState: { ...pass.hardState, vote: 0 } }
}

/** The ledger under a bug. */
export function ledgerUnder(bug: PlantedBug | null, ledger: Ledger): Ledger {
  if (bug !== 'apply twice') return ledger
  const initial = (): ReturnType<Ledger['raft']['initial']> => {
    const told = ledger.raft.initial()
    return told.applied > 0 ? { ...told, applied: told.applied - 1 } : told
  }
  const raft = over(ledger.raft, { initial })
  return over(ledger, { raft })
}

/** `target` with some members replaced; the rest goes on as if it were called on itself. */
function over<T extends object>(target: T, members: Partial<T>): T {
  return new Proxy(target, {
    get: (of, name) => {
      if (name in members) return Reflect.get(members, name) as unknown
      const member = Reflect.get(of, name, of) as unknown
      return typeof member === 'function' ? member.bind(of) : member
    },
  })
}

/** The native core under a bug. */
export function coreUnder(bug: PlantedBug | null, addon: Addon): Pick<Addon, 'RaftNode'> {
  if (bug !== 'answer before commit') return addon
  function Hasty(config: RaftConfig): RaftNode {
    const node = new addon.RaftNode(config)
    const early = new Map<number, ReturnType<RaftNode['persisted']>>()
    const collect = (): Collected | null => {
      const collected = node.collect()
      if (collected === null) return null
      const after = node.persisted(collected.number)
      early.set(collected.number, { messages: [], committed: after.committed })
      return { ...collected, messages: [...collected.messages, ...after.messages] }
    }
    const persisted = (number: number): ReturnType<RaftNode['persisted']> => {
      const result = early.get(number) ?? { messages: [], committed: [] }
      early.delete(number)
      return result
    }
    return over(node, { collect, persisted })
  }
  return { RaftNode: Hasty as unknown as Addon['RaftNode'] }
}
