/**
 * Checkpoints right after seals. The gateway that sealed signs the checkpoint as the log (signed note, type 0x01); every
 * gateway that applied the same seal, and so recomputed root and state, adds a cosignature (type 0x04) with its own clock.
 * Signature lines travel between peers outside the ledger; each gateway keeps the lines it could check (C2SP tlog-checkpoint,
 * tlog-cosignature).
 */
import type { KeyStore } from '../keys/key-store.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { formatCheckpoint } from '../proof/checkpoint.ts'
import { cosignatureLine, cosignerVerifier } from '../proof/cosignature.ts'
import { noteVerifier, signatureLine, verifyLine, type NoteVerifier } from '../proof/note.ts'
import { fromUtf8, toHex, utf8 } from '../wire/bytes.ts'

/** Lines that came before their seal was applied here; a gateway far behind keeps no more than this. */
const EARLY_FRAMES_MAX = 64
/** C2SP tlog-checkpoint allows at most 16 signature lines. */
const LINES_MAX = 16
const FRAME_BYTES_MAX = 64 * 1024

export interface CheckpointBookOptions {
  ledger: Ledger
  keys: KeyStore
  name: string
  nowUs(): number
  /** False while this gateway doubts its own record: it then signs nothing. */
  mayCosign(): boolean
  share(frame: Uint8Array): void
}

interface LinesFrame {
  size: number
  root: string
  lines: string[]
}

export class CheckpointBook {
  readonly #options: CheckpointBookOptions
  #early: LinesFrame[] = []

  constructor(options: CheckpointBookOptions) {
    this.#options = options
  }

  /** A seal was applied as the entry before `size`: sign, cosign, and tell the peers. */
  sealed(size: number, root: Uint8Array, sealedByUs: boolean): void {
    const { ledger, keys, name } = this.#options
    const text = formatCheckpoint({ origin: ledger.origin, size, root })
    if (this.#options.mayCosign() && ledger.mayCosign(size, root)) {
      const lines = [
        cosignatureLine({
          text,
          name: `${ledger.origin}/${name}`,
          timeSeconds: Math.floor(this.#options.nowUs() / 1e6),
          publicKey: keys.public('cosignature'),
          sign: (bytes) => keys.sign('cosignature', bytes),
        }),
      ]
      if (sealedByUs)
        lines.unshift(
          signatureLine({
            text,
            name: ledger.origin,
            publicKey: keys.public('checkpoint'),
            sign: (bytes) => keys.sign('checkpoint', bytes),
          }),
        )
      ledger.addCheckpointLines(size, text, lines)
      this.#options.share(utf8(JSON.stringify({ size, root: toHex(root), lines } satisfies LinesFrame)))
    }
    const now = this.#early.filter((frame) => frame.size === size)
    this.#early = this.#early.filter((frame) => frame.size > size)
    for (const frame of now) this.#keep(frame)
  }

  /** Lines from a peer. Only lines of members' registered keys over our own root are kept; anything else is dropped. */
  receive(body: Uint8Array): 'kept' | 'early' | 'dropped' | 'other-root' {
    const frame = parseFrame(body)
    if (frame === null) return 'dropped'
    if (frame.size > this.#options.ledger.size) {
      if (this.#early.length < EARLY_FRAMES_MAX) this.#early.push(frame)
      return 'early'
    }
    return this.#keep(frame)
  }

  #keep(frame: LinesFrame): 'kept' | 'dropped' | 'other-root' {
    const { ledger } = this.#options
    const root = ledger.checkpointRoot(frame.size)
    if (root === null) return 'dropped'
    if (toHex(root) !== frame.root) return 'other-root'
    const text = formatCheckpoint({ origin: ledger.origin, size: frame.size, root })
    const verifiers = this.#verifiers()
    const good = frame.lines.filter((line) => verifiers.some((verifier) => verifyLine(verifier, text, line)))
    if (good.length > 0) ledger.addCheckpointLines(frame.size, text, good.slice(0, LINES_MAX))
    return good.length > 0 ? 'kept' : 'dropped'
  }

  #verifiers(): NoteVerifier[] {
    const { ledger } = this.#options
    return ledger
      .members()
      .flatMap((member) => [
        ...member.keys.filter((key) => key.use === 'checkpoint').map((key) => noteVerifier(ledger.origin, key.public)),
        ...member.keys
          .filter((key) => key.use === 'cosignature')
          .map((key) => cosignerVerifier(`${ledger.origin}/${member.name}`, key.public)),
      ])
  }
}

function parseFrame(body: Uint8Array): LinesFrame | null {
  if (body.length > FRAME_BYTES_MAX) return null
  try {
    const frame = JSON.parse(fromUtf8(body)) as Partial<LinesFrame>
    if (!Number.isSafeInteger(frame.size) || typeof frame.root !== 'string' || !Array.isArray(frame.lines)) return null
    if (frame.lines.length > LINES_MAX || frame.lines.some((line) => typeof line !== 'string')) return null
    return frame as LinesFrame
  } catch {
    return null
  }
}
