import type { ActorId } from '../../wire/ids.ts'

/** Of each member, the newest heads that it signed. */
export const SIGNED_HEADS_MAX = 16

interface Signed {
  size: number
  root: string
  note: string
}

/** What members signed lately, so that two histories of one signer are found, whoever they were shown to. */
export class SignedHeads {
  readonly #members = new Map<ActorId, Signed[]>()

  /** A head whose signature by `member` holds. Gives the note of another head for that size by the same member, if there is one. */
  add(member: ActorId, { size, root, note }: Signed): string | null {
    const signed = this.#members.get(member) ?? []
    this.#members.set(member, signed)
    const other = signed.find((one) => one.size === size && one.root !== root)
    if (other !== undefined) return other.note
    if (signed.some((one) => one.size === size)) return null
    signed.push({ size, root, note })
    if (signed.length > SIGNED_HEADS_MAX) signed.shift()
    return null
  }
}
