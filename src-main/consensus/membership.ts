import type { Membership } from '../../native/addon.ts'

/** The members alone, out of what is stored with them. */
export function membershipOf({ voters, learners, votersOutgoing, learnersNext }: Membership): Membership {
  return { voters, learners, votersOutgoing, learnersNext }
}

/** Everyone who may need the log, each once, also in the middle of a joint change. */
export function membersOf({ voters, learners, votersOutgoing, learnersNext }: Membership): number[] {
  return [...new Set([...voters, ...learners, ...votersOutgoing, ...learnersNext])]
}
