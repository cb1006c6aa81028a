/**
 * Whether the gateways have one record: what others show, seal and sign is held against what this gateway computed. Three things
 * come of it: what was compared with whom (`seen`), a doubt that only a majority's signatures end, and proof of who signed two
 * histories. The innocent are never named: that two records differ does not say whose is wrong.
 */
import { FRAME, type HostFrameType } from '../../consensus/frames.ts'
import type { HeadState } from '../../endpoints/model.ts'
import type { ChannelKeys } from '../keys/channel-keys.ts'
import type { Ledger, Member } from '../../ledger/ledger.ts'
import type { Outcome } from '../../ledger/outcome.ts'
import { ProofError } from '../../proof/errors.ts'
import { formatForkProof, openForkProof } from '../../record/fork-proof.ts'
import { headVerifiers, inForce, openHead, signPosition } from '../../proof/signed-head.ts'
import { toHex } from '../../wire/bytes.ts'
import { WireError } from '../../wire/errors.ts'
import type { ActorId } from '../../wire/ids.ts'
import type { AgreementMemory } from './agreement-memory.ts'
import { CheckpointBook, type LinesFound } from './checkpoint-book.ts'
import type { OnCondition } from '../conditions.ts'
import { Doubt, type Doubted } from './doubt.ts'
import { rotationsOf } from './rotations.ts'
import { SealedHeads, type SealedHead } from './sealed-heads.ts'
import { SignedHeads } from './signed-heads.ts'

/** What only one gateway shows becomes a doubt where most have not signed this record after so long: a liar must not stop the others. */
const OUTVOTED_WITHIN_MS = 3_000
/** Between two times that differences are written down; a doubt is at once. */
const REMEMBER_MS_MIN = 1_000
/** Notes of positions that were looked into lately. */
const NOTES_KNOWN_MAX = 64

export interface AgreementOptions {
  ledger: Ledger
  keys: ChannelKeys
  /** The entry that founded the channel: fork proofs carry it. */
  genesis: Uint8Array
  memory: AgreementMemory
  nowMs(): number
  nowUs(): number
  /** False while this gateway must sign no checkpoint. */
  mayCosign(): boolean
  send(to: number, type: HostFrameType, body: Uint8Array): void
  broadcast(type: HostFrameType, body: Uint8Array): void
  /** This gateway, as conditions name it. */
  name: string
  onCondition: OnCondition
}

/** What a gateway tells the others about heads. */
export interface HeadsTold {
  head: SealedHead
  /** It doubts its own ledger. */
  doubts: boolean
  /** Notes: its own position while it leads, and the newest one that it has of each other member. */
  positions: string[]
}

/** What came of comparing with a member. */
export interface Compared {
  state: HeadState
  /** When its head was last found equal, or since when it differs; null: never. Microseconds. */
  sinceUs: number | null
}

interface Position {
  term: number
  size: number
  note: string
}

export class Agreement {
  readonly #o: AgreementOptions
  readonly #book: CheckpointBook
  readonly #doubt: Doubt
  readonly #heads: SealedHeads
  readonly #signed = new SignedHeads()
  readonly #positions = new Map<ActorId, Position>()
  readonly #notesKnown = new Set<string>()
  #own: Position | null = null
  /** Members whose record differs, as it was told. */
  readonly #differing = new Set<ActorId>()
  #remembered: string
  #rememberedMs = -Infinity

  constructor(options: AgreementOptions) {
    this.#o = options
    const { ledger, keys, memory, name, nowUs, onCondition } = options
    const { doubted, differences } = memory.load()
    this.#book = new CheckpointBook({
      ...options,
      share: (frame) => options.broadcast(FRAME.cosignature, frame),
      send: (to, frame) => options.send(to, FRAME.cosignature, frame),
    })
    this.#heads = new SealedHeads({ newest: () => headOf(ledger), rootAt: (size) => rootAt(ledger, size) }, differences)
    this.#remembered = JSON.stringify([...differences])
    this.#doubt = new Doubt({
      ledger,
      self: keys.actorId,
      nowUs,
      doubted,
      onChange: (now) => this.#doubtChanged(now),
    })
    if (doubted !== null) onCondition('doubt', name, true, { size: doubted.from })
    this.#takeUpProofs()
  }

  /** True while this gateway can't know that its record is the right one: it cosigns and acknowledges nothing then. */
  get inDoubt(): boolean {
    return this.#doubt.doubted !== null
  }

  /** Size of the newest checkpoint that the log signed and a quorum cosigned, since the start; null before the first. */
  get checkpointSize(): number | null {
    return this.#book.quorumSize
  }

  /** What to tell the others now; `term` is that in which this gateway leads, null where it does not. */
  told(term: number | null): HeadsTold {
    const head = headOf(this.#o.ledger)
    // What a gateway signed before it lost its memory it may contradict.
    const own = term === null || !this.#o.mayCosign() ? null : this.#position(term, head)
    const others = [...this.#positions].flatMap(([actor, { note }]) => (actor === this.#o.keys.actorId ? [] : [note]))
    return { head, doubts: this.inDoubt, positions: own === null ? others : [own.note, ...others] }
  }

  /** What a member told. False where it holds what is no position at all. */
  heard(member: Member, { head, positions }: HeadsTold): boolean {
    this.#heads.shown(member.actor, head, this.#o.nowMs())
    const isSound = positions.map((note) => this.#positionShown(note)).every(Boolean)
    this.#weigh()
    return isSound
  }

  compared(member: Member): Compared {
    const { nowMs, nowUs } = this.#o
    const { state, sinceMs } = this.#heads.of(member.actor, nowMs())
    return { state, sinceUs: sinceMs === null ? null : Math.round(nowUs() - (nowMs() - sinceMs) * 1_000) }
  }

  /** To be called often. */
  tick(): void {
    this.#heads.tick(this.#o.nowMs())
    this.#weigh()
  }

  sealed(outcome: Outcome): void {
    const { ledger, keys } = this.#o
    if (outcome.outcome === 'accepted' && outcome.index !== null && outcome.root !== null) {
      const size = outcome.index + 1
      if (outcome.actor !== null) this.#doubt.signed(size, [outcome.actor])
      for (const lines of this.#book.sealed(size, outcome.root, outcome.actor === keys.actorId)) this.#lines(lines)
      this.tick()
    } else if (outcome.refusal === 'differs') this.#doubt.raise(ledger.size + 1)
  }

  /** A frame of checkpoint lines from a peer. False where one of them claims a member's key and does not hold. */
  receive(from: number, body: Uint8Array): boolean {
    const found = this.#book.receive(from, body)
    if (found.kind !== 'false') this.#lines(found)
    return found.kind !== 'false'
  }

  /** Signature lines of a peer, which hold over the text that they came with. */
  #lines({ kind, size, root, signed }: LinesFound): void {
    if (kind !== 'kept' && kind !== 'other-root') return
    for (const { actor, note } of signed) {
      const head = { height: 0, size, root }
      this.#heads.signed(actor, head, this.#o.nowMs())
      this.#keepSigned(actor, { size, root, note })
    }
    if (kind === 'kept') this.#doubt.signed(size, this.#trusted(signed.map(({ actor }) => actor)))
    this.#weigh()
  }

  /** A head whose signature holds: held against what the same member signed lately, or long ago for this ledger's own root. */
  #keepSigned(actor: ActorId, head: { size: number; root: string; note: string }): void {
    if (this.#doubt.isDistrusted(actor)) return
    const other = this.#signed.add(actor, head) ?? this.#stored(actor, head)
    if (other !== null) this.#prove(actor, head.size, other, head.note)
  }

  #stored(actor: ActorId, { size, root }: { size: number; root: string }): string | null {
    const { ledger } = this.#o
    const own = rootAt(ledger, size)
    const text = own === null || own === root ? null : ledger.checkpoint(size)
    if (text === null) return null
    const { signers } = openHead(text, inForce(headVerifiers(ledger.origin, ledger.members())))
    return signers.some((signer) => signer.actor === actor) ? text : null
  }

  #position(term: number, head: SealedHead): Position {
    const { ledger, keys, name } = this.#o
    if (this.#own !== null && this.#own.term === term && this.#own.size === head.size) return this.#own
    const note = signPosition(
      { origin: ledger.origin, term, size: head.size, root: head.root },
      { name, ...keys.at('entry', head.size - 1) },
    )
    this.#own = { term, size: head.size, note }
    return this.#own
  }

  #positionShown(note: string): boolean {
    if (this.#notesKnown.has(note)) return true
    const { ledger } = this.#o
    const opened = tried(() => openHead(note, headVerifiers(ledger.origin, ledger.members())))
    if (opened === null) return false
    this.#notesKnown.add(note)
    const [oldest] = this.#notesKnown
    if (this.#notesKnown.size > NOTES_KNOWN_MAX && oldest !== undefined) this.#notesKnown.delete(oldest)
    const { origin, term, size, root } = opened.head
    const [signer] = opened.signers
    // Nobody passes on what nobody signed; but a key of beyond this ledger's end is not known here yet.
    if (signer === undefined) return size > ledger.size
    const { actor } = signer
    if (origin !== ledger.origin || term === null || inForce([signer]).length === 0) return true
    this.#heads.signed(actor, { height: 0, size, root }, this.#o.nowMs())
    this.#keepSigned(actor, { size, root, note })
    const newest = this.#positions.get(actor)
    if (newest === undefined || term > newest.term || (term === newest.term && size > newest.size))
      this.#positions.set(actor, { term, size, note })
    return true
  }

  /** Two heads of one size with different roots, both signed by `actor`: kept as a file that anybody can check. */
  #prove(actor: ActorId, size: number, first: string, second: string): void {
    const { genesis, memory } = this.#o
    const text = formatForkProof(genesis, rotationsOf(this.#o.ledger, actor), [first, second])
    // Never said without the check that a stranger makes.
    if (tried(() => openForkProof(text))?.both.some((one) => one.actor === actor) !== true) return
    this.#distrust(actor, memory.keep(`${actor}-${size}.fork.json`, text))
  }

  #takeUpProofs(): void {
    for (const { file, text } of this.#o.memory.proofs()) {
      // What somebody else put there proves nothing.
      const opened = tried(() => openForkProof(text))
      if (opened?.origin === this.#o.ledger.origin) for (const { actor } of opened.both) this.#distrust(actor, file)
    }
  }

  #distrust(actor: ActorId, file: string): void {
    this.#doubt.distrust(actor)
    this.#o.onCondition('signed-two-records', this.#nameOf(actor), true, { file })
  }

  #trusted(signers: readonly ActorId[]): ActorId[] {
    return signers.filter((signer) => !this.#doubt.isDistrusted(signer))
  }

  /** Tells whose record differs, doubts where it is not outvoted, and remembers both. */
  #weigh(): void {
    const { ledger, nowMs, onCondition } = this.#o
    const now = nowMs()
    const differences = this.#heads.differences()
    for (const { actor, name, voter } of ledger.members()) {
      const differs = differences.get(actor)
      const forMs = this.#heads.differsForMs(actor, now)
      if (differs === undefined || forMs === null) {
        if (this.#differing.delete(actor)) onCondition('record-differs', name, false)
        continue
      }
      if (!this.#differing.has(actor)) onCondition('record-differs', name, true, { size: differs.size })
      this.#differing.add(actor)
      if (voter && forMs >= OUTVOTED_WITHIN_MS) this.#doubt.raise(differs.size)
    }
    // A member that shows now this and now that must not make the disk write at each of them.
    if (now - this.#rememberedMs < REMEMBER_MS_MIN || JSON.stringify([...differences]) === this.#remembered) return
    this.#remember(this.#doubt.doubted)
  }

  #doubtChanged(doubted: Doubted | null): void {
    this.#remember(doubted)
    this.#o.onCondition('doubt', this.#o.name, doubted !== null, doubted === null ? {} : { size: doubted.from })
  }

  #remember(doubted: Doubted | null): void {
    const differences = this.#heads.differences()
    this.#o.memory.save({ doubted, differences })
    this.#remembered = JSON.stringify([...differences])
    this.#rememberedMs = this.#o.nowMs()
  }

  #nameOf(actor: ActorId): string {
    return this.#o.ledger.members().find((member) => member.actor === actor)?.name ?? actor
  }
}

/** Null for what cannot be read: it came from others. */
function tried<T>(read: () => T): T | null {
  try {
    return read()
  } catch (error) {
    if (error instanceof ProofError || error instanceof WireError) return null
    throw error
  }
}

function headOf(ledger: Ledger): SealedHead {
  const { height, index } = ledger.lastSeal()
  const size = index + 1
  return { height, size, root: rootAt(ledger, size) ?? '' }
}

function rootAt(ledger: Ledger, size: number): string | null {
  const root = ledger.checkpointRoot(size)
  return root === null ? null : toHex(root)
}
