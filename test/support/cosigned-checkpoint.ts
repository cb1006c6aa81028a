/** Checkpoints of a test channel, signed as its log and cosigned as its gateways do. */
import { cosignerName, formatCheckpoint } from '../../src-main/proof/checkpoint.ts'
import { cosignatureLine } from '../../src-main/proof/cosignature.ts'
import { formatNote, signatureLine } from '../../src-main/proof/note.ts'
import { originOf } from '../../src-main/wire/origin.ts'
import type { TestChannel, TestMember } from './channel.ts'

export interface Cosigning {
  timeSeconds: number
  /** By whose keys: the first signs as the log, and all of them cosign unless `cosigners` says otherwise. */
  members?: readonly TestMember[]
  cosigners?: readonly TestMember[]
  /** Whose name and key all cosignatures claim. */
  as?: TestMember
}

/** The text of a checkpoint, and its signature lines: the log's first. */
export function signedCheckpoint(
  { channel, members: all }: Pick<TestChannel, 'channel' | 'members'>,
  { size, root }: { size: number; root: Uint8Array },
  { timeSeconds, members = all, cosigners = members, as }: Cosigning,
): { text: string; lines: string[] } {
  const origin = originOf(channel)
  const text = formatCheckpoint({ origin, size, root })
  const log = (members[0] as TestMember).keys.checkpoint
  const lines = cosigners.map(({ name, keys: { cosignature } }) =>
    cosignatureLine({
      text,
      name: cosignerName(channel, as?.name ?? name),
      timeSeconds,
      publicKey: as?.keys.cosignature.public ?? cosignature.public,
      sign: (bytes) => cosignature.sign(bytes),
    }),
  )
  return {
    text,
    lines: [signatureLine({ text, name: origin, publicKey: log.public, sign: (bytes) => log.sign(bytes) }), ...lines],
  }
}

export function cosignedNote(...args: Parameters<typeof signedCheckpoint>): string {
  const { text, lines } = signedCheckpoint(...args)
  return formatNote(text, lines)
}
