/**
 * What gateways show each other of their memory, once a second and at each start: the mark, signed by its owner, and the newest one
 * that they have seen of the receiver. A peer's key is known, what it says is not: only a gateway's own signature says anything about
 * its own memory.
 */
import { z } from 'zod'
import { fromHex, fromUtf8, toHex, utf8 } from '../../wire/bytes.ts'

const FRAME_BYTES_MAX = 4_096

const hex = (bytes: number): z.ZodString => z.string().regex(new RegExp(`^[0-9a-f]{${2 * bytes}}$`))
const count = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER)

const signedMarkSchema = z.strictObject({
  ledger: hex(16),
  counter: count,
  cosigned: count,
  /** Random for each start. */
  boot: hex(16),
  signature: hex(64),
})
export type SignedMark = z.infer<typeof signedMarkSchema>

const memoryFrameSchema = z.strictObject({
  mark: signedMarkSchema,
  /** The newest mark of the receiver that the sender has seen; null for none. */
  yours: signedMarkSchema.nullable(),
  /** Null while the sender may not remember it itself. */
  term: count.nullable(),
  /** Where the sender's log ends. */
  lastIndex: count,
  /** The start of the receiver that the sender has heard of last: what it sends from now on it sends knowing of that start. */
  heard: hex(16).nullable(),
  /** The sender waits for an answer before it takes part. */
  asks: z.boolean(),
})
export type MemoryFrame = z.infer<typeof memoryFrameSchema>

export function encodeMemoryFrame(frame: MemoryFrame): Uint8Array {
  return utf8(JSON.stringify(frame))
}

/** Null where it is not what a gateway says. */
export function parseMemoryFrame(body: Uint8Array): MemoryFrame | null {
  if (body.length > FRAME_BYTES_MAX) return null
  try {
    return memoryFrameSchema.parse(JSON.parse(fromUtf8(body)))
  } catch {
    return null
  }
}

export type UnsignedMark = Omit<SignedMark, 'signature'>

/** What the entry key signs. It begins with a letter, and a statement's Sig_structure with a CBOR array: neither passes for the other. */
function markText(channel: string, actor: string, { ledger, counter, cosigned, boot }: UnsignedMark): Uint8Array {
  return utf8(`plumbline/mark/v1\n${channel}\n${actor}\n${ledger}\n${counter}\n${cosigned}\n${boot}\n`)
}

export function signMark(
  channel: string,
  actor: string,
  mark: UnsignedMark,
  sign: (bytes: Uint8Array) => Uint8Array,
): SignedMark {
  return { ...mark, signature: toHex(sign(markText(channel, actor, mark))) }
}

/** Whether the owner of `actor`'s key signed it. */
export function holds(
  channel: string,
  actor: string,
  mark: SignedMark,
  verify: (bytes: Uint8Array, signature: Uint8Array) => boolean,
): boolean {
  return verify(markText(channel, actor, mark), fromHex(mark.signature))
}
