/**
 * Checkpoints right after seals. The gateway that sealed signs the checkpoint as the log (signed note, type 0x01); every
 * gateway that applied the same seal, and so recomputed root and state, adds a cosignature (type 0x04) with its own clock.
 * Signature lines travel between peers outside the ledger; each gateway keeps the lines it could check (C2SP tlog-checkpoint,
 * tlog-cosignature).
 */
import type { ChannelKeys } from '../keys/channel-keys.ts'
import type { Ledger } from '../../ledger/ledger.ts'
import { formatCheckpoint } from '../../proof/checkpoint.ts'
import { cosignatureLine } from '../../proof/cosignature.ts'
import {
  claims,
  formatNote,
  NOTE_KEY_TYPE,
  parseNote,
  signatureLine,
  verifyLine,
  type NoteVerifier,
} from '../../proof/note.ts'
import { headVerifiers, inForce, ofSize } from '../../proof/signed-head.ts'
import { fromHex, fromUtf8, toHex, utf8 } from '../../wire/bytes.ts'
import type { ActorId } from '../../wire/ids.ts'

/** Of each peer, frames that came before their seal was applied here: those needed first. A gateway far behind keeps no more. */
const EARLY_FRAMES_MAX = 16
/** C2SP tlog-checkpoint allows at most 16 signature lines. */
const LINES_MAX = 16
const FRAME_BYTES_MAX = 64 * 1024
/** Peers and sizes of differences, so that each is answered once. */
const ANSWERED_MAX = 64
/** Checkpoints that still lack signatures of a quorum; older ones are covered by the next that has them. */
const UNCOUNTED_SIZES_MAX = 64

export interface CheckpointBookOptions {
  ledger: Ledger
  keys: ChannelKeys
  name: string
  nowUs(): number
  /** False while this gateway doubts its own record: it then signs nothing. */
  mayCosign(): boolean
  share(frame: Uint8Array): void
  send(to: number, frame: Uint8Array): void
}

interface LinesFrame {
  size: number
  root: string
  lines: string[]
}

/** What lines were good for. */
export interface LinesFound {
  kind: 'kept' | 'early' | 'dropped' | 'other-root' | 'false'
  size: number
  root: string
  /** Members whose line holds over the frame's own text, each with a note of that line alone. */
  signed: { actor: ActorId; note: string }[]
}

interface Verified extends LinesFrame {
  /** Raft id of the peer that sent it. */
  from: number
  signed: LinesFound['signed']
  /** Whether the log's own signature is among the lines, and which members' cosignatures are. */
  logSigned: boolean
  cosigners: ActorId[]
}

const DROPPED: LinesFound = { kind: 'dropped', size: 0, root: '', signed: [] }

export class CheckpointBook {
  readonly #options: CheckpointBookOptions
  readonly #early = new Map<number, Verified[]>()
  readonly #signed = new Map<number, { log: boolean; cosigners: Set<ActorId> }>()
  /** Differences that a peer was shown our side of. */
  readonly #answered = new Set<string>()
  /** Size of the newest checkpoint that the log signed and a quorum cosigned, since the start; null before the first. */
  quorumSize: number | null = null

  constructor(options: CheckpointBookOptions) {
    this.#options = options
  }

  /** A seal was applied as the entry before `size`: sign, cosign, and tell the peers. Gives what came early for it. */
  sealed(size: number, root: Uint8Array, sealedByUs: boolean): LinesFound[] {
    const { ledger, keys, name } = this.#options
    const text = formatCheckpoint({ origin: ledger.origin, size, root })
    if (this.#options.mayCosign() && ledger.mayCosign(size, root)) {
      const lines = [
        cosignatureLine({
          text,
          name: `${ledger.origin}/${name}`,
          timeSeconds: Math.floor(this.#options.nowUs() / 1e6),
          ...keys.at('cosignature', size - 1),
        }),
      ]
      if (sealedByUs)
        lines.unshift(
          signatureLine({
            text,
            name: ledger.origin,
            ...keys.at('checkpoint', size - 1),
          }),
        )
      ledger.addCheckpointLines(size, text, lines)
      this.#count(size, sealedByUs, [keys.actorId])
      this.#options.share(utf8(JSON.stringify({ size, root: toHex(root), lines } satisfies LinesFrame)))
    }
    return this.#takeEarly(size).map((frame) => this.#keep(frame))
  }

  /** Lines from a peer. Only those of members' registered keys over our own root are kept, and what another root says is told. */
  receive(from: number, body: Uint8Array): LinesFound {
    const frame = parseFrame(body)
    const verified = frame === null ? null : this.#verify(from, frame)
    if (verified === null) return DROPPED
    if (verified === 'false') return { ...DROPPED, kind: 'false' }
    const { size, root, signed } = verified
    if (size <= this.#options.ledger.size) return this.#keep(verified)
    const early = [...(this.#early.get(from) ?? []), verified]
    this.#early.set(from, early.toSorted((a, b) => a.size - b.size).slice(0, EARLY_FRAMES_MAX))
    return { kind: 'early', size, root, signed }
  }

  #takeEarly(size: number): Verified[] {
    const now: Verified[] = []
    for (const [from, frames] of this.#early) {
      now.push(...frames.filter((frame) => frame.size === size))
      this.#early.set(
        from,
        frames.filter((frame) => frame.size > size),
      )
    }
    return now
  }

  #keep({ from, size, root, lines, signed, logSigned, cosigners }: Verified): LinesFound {
    const { ledger } = this.#options
    const own = ledger.checkpointRoot(size)
    const text = textOf(ledger.origin, size, root)
    // Where this ledger has no seal at all, it is another record, too.
    if (own === null || toHex(own) !== root) {
      this.#showOurs(from, size)
      return { kind: 'other-root', size, root, signed }
    }
    ledger.addCheckpointLines(size, text, lines)
    this.#count(size, logSigned, cosigners)
    return { kind: 'kept', size, root, signed }
  }

  /** Counts who signed this ledger's own root for a size. */
  #count(size: number, logSigned: boolean, cosigners: readonly ActorId[]): void {
    const { ledger } = this.#options
    if (size <= (this.quorumSize ?? 0)) return
    const signed = this.#signed.get(size) ?? { log: false, cosigners: new Set() }
    this.#signed.set(size, signed)
    signed.log ||= logSigned
    for (const cosigner of cosigners) signed.cosigners.add(cosigner)
    const oldest = Math.min(...this.#signed.keys())
    if (this.#signed.size > UNCOUNTED_SIZES_MAX) this.#signed.delete(oldest)
    if (!signed.log || signed.cosigners.size < ledger.quorum) return
    this.quorumSize = size
    for (const smaller of this.#signed.keys()) if (smaller <= size) this.#signed.delete(smaller)
  }

  /**
   * The frame with those of its lines that members' keys signed over its own text, one a key; null where there is none, `false` where
   * one of them does not hold: looking into more of that sender's would cost its receiver more than it costs him.
   */
  #verify(from: number, frame: LinesFrame): Verified | 'false' | null {
    const text = textOf(this.#options.ledger.origin, frame.size, frame.root)
    const { ledger } = this.#options
    const all = inForce(headVerifiers(ledger.origin, ledger.members()))
    const verifiers = ofSize(all, frame.size).filter(({ signs }) => signs === 'checkpoint')
    const signed: LinesFound['signed'] = []
    const cosigners = new Set<ActorId>()
    let logSigned = false
    const lines: string[] = []
    for (const { line, claimed: found } of claimedLines(verifiers, frame.lines)) {
      if (!verifyLine(found.verifier, text, line)) return 'false'
      lines.push(line)
      signed.push({ actor: found.actor, note: formatNote(text, [line]) })
      if (found.verifier.type === NOTE_KEY_TYPE.cosignature) cosigners.add(found.actor)
      else logSigned = true
    }
    return lines.length === 0 ? null : { ...frame, from, lines, signed, logSigned, cosigners: [...cosigners] }
  }

  /**
   * A peer has another root for a size: it gets whatever lines are here for ours. Who signed both is found by whoever has them
   * together, and a liar does not send one gateway what he sent the other.
   */
  #showOurs(to: number, size: number): void {
    const key = `${to} ${size}`
    const text = this.#options.ledger.checkpoint(size)
    if (this.#answered.has(key) || text === null) return
    this.#answered.add(key)
    const [oldest] = this.#answered
    if (this.#answered.size > ANSWERED_MAX && oldest !== undefined) this.#answered.delete(oldest)
    const lines = parseNote(text).signatures.map(({ line }) => line)
    const root = toHex(this.#options.ledger.checkpointRoot(size) ?? new Uint8Array())
    this.#options.send(to, utf8(JSON.stringify({ size, root, lines } satisfies LinesFrame)))
  }
}

function textOf(origin: string, size: number, root: string): string {
  return formatCheckpoint({ origin, size, root: fromHex(root) })
}

function parseFrame(body: Uint8Array): LinesFrame | null {
  if (body.length > FRAME_BYTES_MAX) return null
  try {
    const frame = JSON.parse(fromUtf8(body)) as Partial<LinesFrame>
    if (!Number.isSafeInteger(frame.size) || (frame.size as number) < 1 || !Array.isArray(frame.lines)) return null
    if (typeof frame.root !== 'string' || !/^[0-9a-f]{64}$/.test(frame.root)) return null
    if (frame.lines.length > LINES_MAX || frame.lines.some((line) => typeof line !== 'string')) return null
    return frame as LinesFrame
  } catch {
    return null
  }
}

/** Lines that name one of these keys, the first of each key. */
function claimedLines<T extends { verifier: NoteVerifier }>(
  verifiers: readonly T[],
  lines: readonly string[],
): { line: string; claimed: T }[] {
  const left = new Set(verifiers)
  return lines.flatMap((line) => {
    const claimed = [...left].find(({ verifier }) => claims(verifier, line))
    if (claimed === undefined) return []
    left.delete(claimed)
    return [{ line, claimed }]
  })
}
