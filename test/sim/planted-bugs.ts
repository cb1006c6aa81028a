/**
 * Mistakes put in on purpose: a simulator that does not find them proves nothing. Each is one a tired engineer could make.
 */
import type { Addon, Collected, RaftConfig, RaftNode } from '../../native/addon.ts'
import type { StoredPass } from '../../src-main/consensus/storage.ts'

export type PlantedBug =
  /** A statement is acknowledged when the leader has taken it, before anybody stored it. */
  | 'acknowledge before commit'
  /** Votes and append responses leave before the transaction that stores what they promise. */
  | 'answer before commit'
  /** The vote is not part of what is stored. */
  | 'vote not stored'
  /** The applied index is one behind, so that the last entry is applied again after a restart. */
  | 'apply twice'

/** The store's view of a pass under a bug. */
export function storedUnder(bug: PlantedBug | null, pass: StoredPass): StoredPass {
  if (bug !== 'vote not stored' || pass.hardState === null) return pass
  return { ...pass, hardState: { ...pass.hardState, vote: 0 } }
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
    return new Proxy(node, {
      get: (target, name) => {
        if (name === 'collect') return collect
        if (name === 'persisted') return persisted
        const member = Reflect.get(target, name) as unknown
        return typeof member === 'function' ? member.bind(target) : member
      },
    })
  }
  return { RaftNode: Hasty as unknown as Addon['RaftNode'] }
}
