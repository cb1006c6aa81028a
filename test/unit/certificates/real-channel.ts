/**
 * A ledger on disk with what a test records, and what certificates of it are made of, by the way that a gateway goes: statements signed
 * with real keys, decided by the ledger with its packs, read and collected by what collects for every certificate.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { CredentialSigner } from '../../../src-main/certificates/credential.ts'
import type { CertificateMaterial, LoggedEntry } from '../../../src-main/certificates/material.ts'
import { loadEngine } from '../../../src-main/documents/engine.ts'
import { policyOf } from '../../../src-main/gateway/agreement/policy.ts'
import { certificateMaterial, type MaterialRequest } from '../../../src-main/gateway/evidence/certificate-material.ts'
import { issuingKeys } from '../../../src-main/gateway/evidence/issuing-key.ts'
import { activated } from '../../../src-main/gateway/folder/found.ts'
import { openLedger } from '../../../src-main/ledger/ledger.ts'
import type { Ledger } from '../../../src-main/ledger/ledger.ts'
import { openReader } from '../../../src-main/ledger/reader.ts'
import type { LedgerReader, StoredCheckpoint } from '../../../src-main/ledger/reader.ts'
import { createPackHost } from '../../../src-main/packs/host.ts'
import type { PackHost } from '../../../src-main/packs/host.ts'
import { shippedPack, shippedPacks } from '../../../src-main/gateway/folder/shipped-packs.ts'
import { plainMeaning } from '../../../src-main/record/stream-fields.ts'
import type { StreamOpened } from '../../../src-main/record/stream-fields.ts'
import type { AssetRegistered } from '../../../src-main/record/asset-fields.ts'
import type { CoreEvents, CoreEventType } from '../../../src-main/record/kinds.ts'
import type { BatchHeader, EventInput, Gap } from '../../../src-main/record/statements.ts'
import type { StreamId } from '../../../src-main/wire/ids.ts'
import type { Value } from '../../../src-main/wire/reading.ts'
import { TestChannel } from '../../support/channel.ts'
import type { SignedStatement, TestChannelOptions, TestMember } from '../../support/channel.ts'
import { shippedContracts } from '../../support/shipped-contracts.ts'
import { signedCheckpoint } from '../../support/cosigned-checkpoint.ts'
import { addon, commit } from '../ledger/drive.ts'

export const DAY_US = 86_400_000_000
/** When these channels are founded: 2025-01-01T06:00:00Z. */
export const START_US = 1_735_711_200_000_000
const SECOND_US = 1_000_000

export interface RealChannelOptions extends Pick<
  TestChannelOptions,
  'called' | 'roles' | 'quorum' | 'continues' | 'seed'
> {
  /** The shipped packs that the channel activates; the odometer's unless said otherwise. */
  packs?: string[]
}

export interface Row {
  stream: StreamId
  /** The next of the stream where a reading has no sequence. */
  readings: { timeUs: number; value: Value; sequence?: number }[]
}

/** The two seals of a certificate, by their heights, where others than the collector would take are offered. */
export interface Offered {
  newer?: number
  older?: number
}

export interface MaterialInput extends Offered {
  asset: string
  pack?: string
  fromUs: number
  toUs: number
  /** Of a gateway that does not keep to what it may sign by. */
  issuer?: MaterialRequest['issuer']
}

export class RealChannel {
  readonly signing: TestChannel
  readonly host: PackHost
  readonly ledger: Ledger
  readonly reader: LedgerReader
  /** What every clock shows. */
  nowUs = START_US
  /** Source times of all readings of a stream, as they were recorded. */
  readonly timesUs = new Map<StreamId, number[]>()
  readonly #role: string

  static async found(options: RealChannelOptions): Promise<RealChannel> {
    return new RealChannel(await createPackHost(loadEngine()), options)
  }

  private constructor(host: PackHost, options: RealChannelOptions) {
    this.host = host
    this.#role = options.roles?.[0] ?? 'gateway'
    const packs = shippedPacks()
      .filter(({ manifest }) => (options.packs ?? ['odometer']).includes(manifest.id))
      .map((pack) => activated(pack, host.engineHash))
    this.signing = new TestChannel(addon, { ...options, packs, simulated: false, startUs: START_US })
    const folder = mkdtempSync(join(tmpdir(), 'plumbline-channel-'))
    const file = join(folder, 'ledger.db')
    const { genesis } = this.signing
    this.ledger = openLedger({ addon, file, genesis, contracts: shippedContracts })
    this.reader = openReader(file)
    // Both hold it open; with them its bytes go, however the tests end.
    rmSync(folder, { recursive: true })
  }

  get members(): TestMember[] {
    return this.signing.members
  }

  /** Commits what must be accepted; gives the index of the last. */
  take(...statements: SignedStatement[]): number {
    const outcomes = commit(this.ledger, ...statements)
    for (const { outcome, reason } of outcomes)
      if (outcome !== 'accepted') throw new Error(`the ledger says ${outcome}: ${String(reason)}`)
    return outcomes.at(-1)?.index as number
  }

  event<T extends CoreEventType>(
    member: TestMember,
    type: T,
    body: CoreEvents[T],
    change: Partial<EventInput> = {},
  ): SignedStatement {
    return this.signing.event(member, type, body, { role: this.#role, occurredAtUs: this.nowUs, ...change })
  }

  say<T extends CoreEventType>(member: TestMember, type: T, body: CoreEvents[T]): number {
    return this.take(this.event(member, type, body))
  }

  /** An event of the pack about one asset. */
  packEvent(member: TestMember, type: string, body: EventInput['body'], asset: string): SignedStatement {
    return this.event(member, 'gateway.alive', {}, { type, body, assets: [asset] })
  }

  registerAsset(member: TestMember, asset: string, more: Partial<AssetRegistered> = {}): void {
    const what = { scheme: 'VIN', type: 'vehicle', name: 'Test vehicle', attributes: {}, packs: ['odometer'] }
    this.say(member, 'asset.registered', { asset, ...what, simulated: false, ...more })
  }

  /** Opens a stream and binds it to an asset. */
  openStream(member: TestMember, asset: string, tag: string, more: Partial<StreamOpened> = {}): StreamId {
    const stream = this.signing.streamOf(member, 'vehicle', tag)
    this.say(member, 'stream.opened', {
      stream,
      source: 'vehicle',
      tag,
      label: tag,
      unit: 'km',
      kind: 'float',
      quantity: 'odometer',
      meaning: plainMeaning('serial line'),
      trust: 'unauthenticated',
      simulated: false,
      range: null,
      cadenceMs: 86_400_000,
      fromSequence: 0,
      ...more,
    })
    this.bind(member, stream, asset)
    return stream
  }

  bind(member: TestMember, stream: StreamId, asset: string, fromSequence = 0): void {
    this.say(member, 'stream.bound', { stream, asset, fromSequence })
  }

  unbind(member: TestMember, stream: StreamId, asset: string, lastSequence: number): void {
    this.say(member, 'stream.unbound', { stream, asset, lastSequence })
  }

  batch(member: TestMember, rows: readonly Row[], gaps: Gap[] = []): number {
    const readings = rows.flatMap(({ stream, readings: ofStream }) => {
      const next = this.ledger.streamCursor(stream)
      return ofStream.map(({ timeUs: sourceTimeUs, value, sequence }, at) => ({
        stream,
        sequence: sequence ?? (ofStream[0]?.sequence ?? next) + at,
        sourceTimeUs,
        value,
      }))
    })
    for (const { stream, readings: read } of rows)
      this.timesUs.set(stream, [...(this.timesUs.get(stream) ?? []), ...read.map(({ timeUs }) => timeUs)])
    const change: Partial<BatchHeader> = { sealedAtUs: this.nowUs, clock: { state: 'synchronised', errorUs: 1_000 } }
    const ordered = gaps.toSorted((a, b) => (a.stream < b.stream ? -1 : 1))
    return this.take(this.signing.batch(member, readings, { gaps: ordered, change }))
  }

  /** Seals what is there, a second later, and has the checkpoint cosigned by all. Returns the height. */
  seal(): number {
    this.nowUs += SECOND_US
    const draft = this.ledger.sealDraft()
    // Ledger time follows what most members said last.
    const alive =
      draft.maxTimeUs < this.nowUs ? this.members.map((member) => this.event(member, 'gateway.alive', {})) : []
    const founder = this.members[0] as TestMember
    const sealed = this.signing.seal(founder, draft, Math.max(this.nowUs, draft.minTimeUs))
    const seal = commit(this.ledger, ...alive, sealed).at(-1)
    if (seal === undefined || seal.index === null || seal.root === null)
      throw new Error(`no seal: ${String(seal?.reason)}`)
    const tree = { size: seal.index + 1, root: seal.root }
    const { text, lines } = signedCheckpoint(this.signing, tree, { timeSeconds: Math.floor(this.nowUs / SECOND_US) })
    this.ledger.addCheckpointLines(tree.size, text, lines)
    return draft.height
  }

  policy(): string {
    return policyOf(this.reader)
  }

  /** Size and root of the ledger tree at the newest checkpoint. */
  tree(): StoredCheckpoint {
    const newest = this.reader.checkpoint()
    if (newest === null) throw new Error('nothing is sealed yet')
    return newest
  }

  /** The newest checkpoint with the cosignatures of the first `cosigners` gateways. */
  checkpoint(cosigners = this.members.length): string {
    const [body, lines = ''] = this.tree().text.split('\n\n')
    const signed = lines.split('\n').slice(0, cosigners + 1)
    return `${body}\n\n${signed.join('\n')}\n`
  }

  /** An entry on its way to the newest checkpoint. */
  logged(index: number): LoggedEntry {
    const path = this.reader.log.inclusionPath(index, this.tree().size)
    return { index, entry: this.reader.entries.require(index).bytes, path }
  }

  /** What the collector takes out of the ledger, by member 0; between the seals that are offered, where any is. */
  material({ asset, pack, fromUs, toUs, issuer, ...offered }: MaterialInput): CertificateMaterial {
    const { actor, keys } = this.members[0] as TestMember
    return certificateMaterial(this.#offering(offered), {
      asset,
      pack,
      fromUs,
      toUs,
      issuer:
        issuer ?? issuingKeys(this.reader, actor, (id) => (id === keys.credential.keyId ? keys.credential : null)),
      stated: { number: 'PL-2026-0311-0001', language: 'en' },
      packOf: shippedPack,
      barred: null,
    })
  }

  #offering({ newer, older }: Offered): LedgerReader {
    if (newer === undefined && older === undefined) return this.reader
    const sealOf = (height: number) => this.reader.blocks.seal(height)
    const newest = this.reader.blocks.sealBelow(this.reader.size())?.height ?? 0
    const bracket = { newer: sealOf(newer ?? newest), older: older === undefined ? null : sealOf(older) }
    const histories = but(this.reader.histories, { bracket: () => bracket })
    return but(this.reader, { histories })
  }
}

/** The same object but for some of its members. */
function but<T extends object>(whole: T, change: object): T {
  return new Proxy(whole, {
    get(target, name) {
      if (name in change) return change[name as keyof typeof change]
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? (value.bind(target) as unknown) : value
    },
  })
}

export function signerOf({ keys: { credential } }: TestMember): CredentialSigner {
  return { publicKey: credential.public, sign: (bytes) => credential.sign(bytes) }
}
