/**
 * Packs of a channel: those of this release, and those that came onto its ledger. What this gateway can read and load it says there, so
 * that nobody activates a version by which a voter could not decide.
 */
import type { Logger } from 'pino'
import { loadEngine } from '../../documents/engine.ts'
import type { LedgerReader, ReadPackVersion } from '../../ledger/reader.ts'
import { BareEngine } from '../../packs/bare-engine.ts'
import { CallEngine } from '../../packs/call-engine.ts'
import { PackError } from '../../packs/errors.ts'
import type { PackManifest } from '../../packs/manifest.ts'
import type { Pack } from '../../packs/pack.ts'
import { recordedPack } from '../../packs/recorded-pack.ts'
import type { PackHash } from '../../record/pack-state.ts'
import { equalBytes, sha256, toHex } from '../../wire/bytes.ts'
import { shippedPack } from '../folder/shipped-packs.ts'
import type { LedgerThread } from './ledger-thread.ts'

/** Read ones that are kept: as many as screens ask for side by side. */
const READ_KEPT = 8

export interface ChannelPacksOptions {
  reader: LedgerReader
  thread: Pick<LedgerThread, 'record'>
  /** This gateway. */
  actor: string
  log: Logger
}

export class ChannelPacks {
  readonly #o: ChannelPacksOptions
  readonly engineHash = sha256(loadEngine())
  readonly #read = new Map<PackHash, Pack>()
  /** Versions that were tried since the start, and why this gateway cannot decide by one. */
  readonly #tried = new Map<PackHash, string | null>()
  #looking: Promise<void> | null = null
  #again = false

  constructor(options: ChannelPacksOptions) {
    this.#o = options
  }

  /** The pack of this hash; undefined where neither this release nor the ledger has it. Throws PackError where it cannot be read here. */
  packOf(hash: Uint8Array): Pack | undefined {
    return shippedPack(hash) ?? this.#recorded(toHex(hash) as PackHash)
  }

  /** What the packs say of themselves by which the channel decides now, those that this gateway has. */
  inForce(): PackManifest[] {
    return this.#o.reader.state
      .packs()
      .filter(({ retired }) => retired === null)
      .flatMap(({ hash }) => this.#manifestOf(hash) ?? [])
  }

  /** Null for one that this release cannot read: its events nobody signs here. */
  #manifestOf(hash: Uint8Array): PackManifest | null {
    try {
      return this.packOf(hash)?.manifest ?? null
    } catch (error) {
      if (error instanceof PackError) return null
      throw error
    }
  }

  /** Why this gateway cannot decide by a version that the ledger has; null where it can, or has not tried yet. */
  whyNot(hash: PackHash): string | null {
    return this.#tried.get(hash) ?? null
  }

  /** Called at the start, and whenever events were recorded. */
  look(): void {
    if (this.#looking !== null) {
      this.#again = true
      return
    }
    this.#looking = this.#tryAll()
      .catch((err: unknown) => this.#o.log.error({ err }, 'proposed packs could not be looked at'))
      .finally(() => {
        this.#looking = null
        if (!this.#again) return
        this.#again = false
        this.look()
      })
  }

  /** Rests once nothing is to be looked at any more. */
  async rested(): Promise<void> {
    while (this.#looking !== null) await this.#looking
  }

  async #tryAll(): Promise<void> {
    for (const version of this.#o.reader.state.packVersions()) {
      if (this.#tried.has(version.hash) || this.#isSaid(version)) continue
      const why = await this.#try(version.hash)
      this.#tried.set(version.hash, why)
      const { hash, id, version: number } = version
      if (why === null) this.#o.thread.record('pack.loaded', { hash, engineHash: this.engineHash })
      else this.#o.log.error({ pack: id, version: number, hash, why }, 'a proposed pack cannot be loaded here')
    }
  }

  #isSaid({ loads }: ReadPackVersion): boolean {
    return loads.some(({ gateway, engineHash }) => gateway === this.#o.actor && equalBytes(engineHash, this.engineHash))
  }

  async #try(hash: PackHash): Promise<string | null> {
    try {
      const pack = this.#recorded(hash)
      if (pack === undefined) return 'its bytes are not there'
      await loadRule(pack)
      return null
    } catch (error) {
      if (error instanceof PackError) return error.message
      throw error
    }
  }

  #recorded(hash: PackHash): Pack | undefined {
    const known = this.#read.get(hash)
    if (known !== undefined) return known
    const bytes = this.#o.reader.state.packBytes(hash)
    if (bytes === null) return undefined
    const pack = recordedPack(bytes, hash)
    const [oldest] = this.#read.keys()
    if (this.#read.size >= READ_KEPT && oldest !== undefined) this.#read.delete(oldest)
    this.#read.set(hash, pack)
    return pack
  }
}

/** Loads a pack's rule as replicas do, in an engine of its own. Throws (rejects) PackError where it is no rule. */
export async function loadRule({ files, manifest }: Pack): Promise<CallEngine> {
  const loaded = new CallEngine(await BareEngine.of(loadEngine()), files.rule)
  if (!loaded.judges) throw new PackError('pack_invalid', `the rule of ${manifest.id} has no function judge`)
  return loaded
}
