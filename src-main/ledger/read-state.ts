import type { Database } from 'better-sqlite3'
import type { NativeStateTree } from '../../native/addon.ts'
import type { StateProof } from '../proof/state-proof.ts'
import type { AssetStretch } from '../record/asset-state.ts'
import { coreKeyOf, decodeCoreValue } from '../record/core-state.ts'
import type { AssetState, ChannelState, DocumentState, PackState, StreamState } from '../record/core-state.ts'
import type { CoreIds, CoreKind, CoreValues, KeyState } from '../record/core-state.ts'
import type { ActHash, ActState } from '../record/act-state.ts'
import type { CertificateHash, CertificateWord } from '../record/certificate-state.ts'
import { packBytes } from '../record/pack-view.ts'
import type { PackHash, PackVersion } from '../record/pack-state.ts'
import type { PersonState } from '../record/person-fields.ts'
import { POLICY_ALONE } from '../record/policy-state.ts'
import type { PolicyState } from '../record/policy-state.ts'
import type { RecoveryState } from '../record/recovery-fields.ts'
import { relationRefusal } from '../record/relation.ts'
import type { CoreRefusalCode } from '../record/refusals.ts'
import { boundTo } from '../record/standing.ts'
import type { DocumentHash } from '../record/document-fields.ts'
import type { KnownRules } from '../record/rules.ts'
import { parseTreeValue, treeKey } from '../record/state-keys.ts'
import { StateValues } from '../record/state-view.ts'
import { equalBytes } from '../wire/bytes.ts'
import type { ActorId, ChannelId, KeyId, LeafIndex, StreamId } from '../wire/ids.ts'
import { LedgerError } from './errors.ts'
import { keysOf, membersOf } from './members.ts'
import type { Member } from './members.ts'
import { CurrentState } from './current-state.ts'
import type { ActStanding } from './current-state.ts'
import { treeAt, treeValueAt } from './sealed-state.ts'
import type { PassingValues } from './passing-values.ts'
import { coreChange, namedValue, stateAt } from './state-rows.ts'
import { proofIn } from './state-tree.ts'
import type { TreeAddon } from './state-tree.ts'

export type ReadMember = Member

export interface ReadDocument extends DocumentState {
  holder: ActorId
  supersededBy: DocumentHash | null
}

export interface ReadPack extends PackState {
  id: string
}

export interface ReadPackVersion extends PackVersion {
  hash: PackHash
}

/** A state value, or its absence, with the proof against the state root of a height. */
export interface ProvenValue {
  stateKey: Uint8Array
  treeValue: Uint8Array | null
  proof: StateProof
}

/** State trees kept: those of the bracketing seals that certificates are being made from. */
const TREES_KEPT = 4

/**
 * The state as the newest seal left it, with the events since then decided upon it by the same rules as the writer's, and the
 * exact state right after any earlier seal with its proofs.
 */
export class StateReader {
  readonly #database: Database
  readonly #addon: TreeAddon
  readonly #passing: PassingValues
  readonly #current: CurrentState
  readonly #trees = new Map<number, NativeStateTree>()

  constructor(database: Database, addon: TreeAddon, passing: PassingValues, rules: KnownRules) {
    this.#database = database
    this.#addon = addon
    this.#passing = passing
    this.#current = new CurrentState(database, passing, rules)
  }

  channel(): ChannelState {
    const channel = this.#current.now().get('channel', '')
    if (channel === undefined) throw new LedgerError('database_damaged', 'the state names no channel')
    return channel
  }

  /** Ascending by raftId. */
  members(): ReadMember[] {
    return membersOf(this.#current.now())
  }

  /** In the order in which they were opened; those that were opened after an entry. */
  streams(after: LeafIndex = 0): StreamState[] {
    const streams = this.#current.now().changedSince('stream', after)
    return streams.filter(({ openedAt }) => openedAt > after).toSorted((a, b) => a.openedAt - b.openedAt)
  }

  stream(id: StreamId): StreamState | null {
    return this.#current.now().get('stream', id) ?? null
  }

  /** Ascending by id. */
  assets(): ({ asset: string } & AssetState)[] {
    return this.#current
      .now()
      .all('asset')
      .map(([asset, state]) => ({ asset, ...state }))
      .toSorted((a, b) => (a.asset < b.asset ? -1 : 1))
  }

  asset(id: string): AssetState | null {
    return this.#current.now().get('asset', id) ?? null
  }

  /** Why an actor may not speak about an asset; null where it may. */
  relationRefusal(actor: ActorId, asset: string): CoreRefusalCode | null {
    return relationRefusal(this.#current.now(), actor, asset)
  }

  /** Assets to which a stream is bound now. */
  boundTo(stream: StreamId): string[] {
    return boundTo(this.#current.now(), stream)
  }

  /** Everybody whom a member ever enrolled, by member and in that order. */
  persons(): ({ actor: ActorId } & PersonState)[] {
    const now = this.#current.now()
    const actors = now.get('members', '')?.actors ?? []
    return actors
      .flatMap((member) => now.get('persons', member)?.persons ?? [])
      .map((actor) => ({ actor, ...(now.get('person', actor) as PersonState) }))
  }

  /** Who signs: a gateway by its name, a person with the member that it speaks for. */
  names(): ReadonlyMap<string, string> {
    const members = new Map(this.members().map(({ actor, name }) => [actor, name]))
    const people = this.persons().map(
      ({ actor, name, keeper }) => [actor, `${name} (${members.get(keeper) ?? keeper})`] as const,
    )
    return new Map([...members, ...people])
  }

  person(actor: ActorId): PersonState | null {
    return this.#current.now().get('person', actor) ?? null
  }

  /** As of a seal. */
  personAt(height: number, actor: ActorId): PersonState | null {
    return this.#valueAt(height, 'person', actor)
  }

  /** The keys of an actor, in force or not. */
  keysOf(actor: ActorId): Member['keys'] {
    return keysOf(this.#current.now(), actor)
  }

  /** By which codes a member comes back; null where none were set. */
  recovery(member: ActorId): RecoveryState | null {
    return this.#current.now().get('recovery', member) ?? null
  }

  policy(): PolicyState {
    return this.#current.now().get('policy', '') ?? POLICY_ALONE
  }

  /** Acts that were never brought to an end, in the order in which they were proposed. */
  openActs(): ({ act: ActHash } & ActState)[] {
    const now = this.#current.now()
    const actors = [...(now.get('members', '')?.actors ?? []), ...this.persons().map(({ actor }) => actor)]
    return actors
      .flatMap((actor) => now.get('open-acts', actor)?.acts ?? [])
      .map((act) => ({ act, ...(now.get('act', act) as ActState) }))
      .toSorted((a, b) => a.proposedAt - b.proposedAt)
  }

  /** What members said against a certificate, by the SHA-256 of its file. */
  certificateWords(hash: CertificateHash): readonly CertificateWord[] {
    return this.#current.now().get('certificate-status', hash)?.words ?? []
  }

  /** An act, open or ended; null where nobody proposed it. */
  act(act: ActHash): ({ act: ActHash } & ActState) | null {
    const state = this.#current.now().get('act', act)
    return state === undefined ? null : { act, ...state }
  }

  /** How an open act stands now; null where this release lacks the rules in force. */
  standingOf(act: ActState, channel: ChannelId): ActStanding | null {
    return this.#current.now().standingOf(act, channel)
  }

  /** A key, whether it is in force or was; null where nobody registered it. */
  key(id: KeyId): KeyState | null {
    return this.#current.now().get('key', id) ?? null
  }

  /** Stretches of streams that an asset had right after seal `height`. */
  streamsAt(asset: string, height: number): readonly AssetStretch[] {
    return this.#valueAt(height, 'asset-streams', asset)?.streams ?? []
  }

  /** How often the meaning of a stream had changed right after seal `height`. */
  changesAt(stream: StreamId, height: number): number {
    return this.#valueAt(height, 'stream-changes', stream)?.count ?? 0
  }

  /** With who holds it, and what stands in its place where something does. */
  document(document: DocumentHash): ReadDocument | null {
    const state = this.#current.now()
    const added = state.get('document', document)
    if (added === undefined) return null
    const holder = state.get('document-holder', document)?.actor ?? added.actor
    return { ...added, holder, supersededBy: state.get('document-status', document)?.supersededBy ?? null }
  }

  /** All that ever decided, retired ones too, by their ids. */
  packs(): ReadPack[] {
    return this.#current
      .now()
      .all('pack')
      .map(([id, state]) => ({ id, ...state }))
  }

  /** The pack as seal `height` left it; null where there was none under that id. */
  packAt(height: number, id: string): PackState | null {
    return this.#valueAt(height, 'pack', id)
  }

  /** Versions of packs that were proposed and are there as a whole, the newest first. */
  packVersions(): ReadPackVersion[] {
    const versions = this.#current
      .now()
      .all('pack-version')
      .map(([hash, version]) => ({ hash, ...version }))
    return versions.toSorted((a, b) => b.proposedAt - a.proposedAt)
  }

  /** The bytes of a pack that was proposed; null where the ledger does not have all of it. */
  packBytes(hash: PackHash): Uint8Array | null {
    return packBytes(this.#current.now(), hash)
  }

  /** The values as they were right after seal `height`, but for those that pass with every batch. */
  at(height: number): StateValues {
    const values = new StateValues()
    for (const stored of stateAt(this.#database, height)) {
      const change = coreChange(namedValue(stored))
      if (change !== null) values.take(change)
    }
    return values
  }

  /** Tree value of a state key right after seal `height`; null where it had none. */
  treeValueAt(height: number, stateKey: Uint8Array): Uint8Array | null {
    return treeValueAt(this.#database, this.#passing, this.#seal(height), stateKey)
  }

  #valueAt<K extends CoreKind>(height: number, kind: K, id: CoreIds[K]): CoreValues[K] | null {
    const value = this.treeValueAt(height, coreKeyOf(kind, id))
    return value === null ? null : decodeCoreValue(kind, parseTreeValue(value).value)
  }

  /** Root of the state right after seal `height`, and each key's value or absence proven against it. Throws LedgerError `database_damaged`. */
  prove(height: number, stateKeys: readonly Uint8Array[]): { root: Uint8Array; items: ProvenValue[] } {
    const seal = this.#seal(height)
    const tree = this.#treeOf(seal)
    const items = stateKeys.map((stateKey) => ({
      stateKey,
      treeValue: treeValueAt(this.#database, this.#passing, seal, stateKey),
      proof: proofIn(tree, treeKey(stateKey)),
    }))
    return { root: seal.root, items }
  }

  #treeOf(seal: SealedState): NativeStateTree {
    const kept = this.#trees.get(seal.height)
    if (kept !== undefined) return kept
    const tree = treeAt(this.#database, this.#addon, this.#passing, seal)
    if (!equalBytes(tree.root(), seal.root))
      throw new LedgerError(
        'database_damaged',
        `what is stored of the state does not give the root of seal ${seal.height}`,
      )
    this.#trees.set(seal.height, tree)
    if (this.#trees.size > TREES_KEPT) this.#trees.delete(this.#trees.keys().next().value as number)
    return tree
  }

  #seal(height: number): SealedState {
    const seal = this.#database
      .prepare('SELECT height, idx AS "index", state_root_after AS root FROM seal WHERE height = ?')
      .get(height) as SealedState | undefined
    if (seal === undefined) throw new LedgerError('not_found', `the ledger has no seal of height ${height}`)
    return { ...seal, root: new Uint8Array(seal.root) }
  }
}

interface SealedState {
  height: number
  index: LeafIndex
  /** Of the state right after it. */
  root: Uint8Array
}
