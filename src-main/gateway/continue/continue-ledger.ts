/**
 * Founding a ledger that continues a lost one: after the loss of a majority, or of a lone gateway's newest disk, nobody can tell what was
 * promised, so that the old channel ends where the longest ledger that is left has its newest seal, and another begins.
 */
import { newestRules } from '../../record/rules.ts'
import { existsSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { loadEngine } from '../../documents/engine.ts'
import type { ReadMember } from '../../ledger/reader.ts'
import type { Continues } from '../../record/continues.ts'
import type { ChannelOpened } from '../../record/kinds/channel.ts'
import type { GenesisMember } from '../../record/member-fields.ts'
import { NONCE_BYTES } from '../../wire/limits.ts'
import { originOf } from '../../wire/origin.ts'
import type { GatewayFolder } from '../folder/data-folder.ts'
import { GatewayError } from '../error.ts'
import { lockFolder } from '../folder/folder-lock.ts'
import { foundingPacks, majorityOf, signGenesis } from '../folder/found.ts'
import { pinPolicy } from '../evidence/trust-store.ts'
import { channelIn, finishLeaving, keptFolder, leaveLedger, type ContinueEdge } from './kept-ledger.ts'
import { extendsHead, readOldLedger, type OldLedger } from './old-ledger.ts'

export interface ContinueOptions {
  nowUs: number
  random(bytes: number): Uint8Array
  /** While a ledger is checked: entries done, of how many. */
  onProgress?(name: string, done: number, total: number): void
  /** Called after each step, so that a test can end the work there. */
  onEdge?(name: string, edge: ContinueEdge): void
}

/** What a person has to agree to. */
export interface Plan {
  /** The gateway whose ledger is continued, and whose name a person types. */
  founder: string
  /** What of it is continued. */
  continues: Continues
  /** Those that leave their ledger; not one that did already. */
  leaving: OldLedger[]
  /** All members of the new channel. */
  voters: string[]
  /** Members of the old one that are not of the new one. */
  leftOut: string[]
  genesis: Uint8Array
}

/** Gateways whose folders nobody else has meanwhile. */
export class Continuing {
  readonly #o: ContinueOptions
  readonly #folders: readonly GatewayFolder[]
  readonly #release: (() => void)[] = []

  /** Throws GatewayError `already_running`; then it holds none. */
  constructor(folders: readonly GatewayFolder[], options: ContinueOptions) {
    this.#o = options
    this.#folders = folders
    try {
      for (const folder of folders) this.#release.push(lockFolder(folder, basename(folder.root)))
    } catch (error) {
      this.close()
      throw error
    }
  }

  /** What is to be done; null where all of them have a new ledger already, and what an earlier call left open is done now. */
  plan(): Plan | null {
    for (const folder of this.#folders) finishLeaving(folder)
    const founded = this.#folders.map((folder) => ({ folder, ...channelIn(folder) }))
    if (founded.every(({ folder, body }) => body.continues !== undefined && !existsSync(folder.ledger))) {
      requireOne(founded.map(({ channel }) => channel))
      return null
    }
    const newest = founded.find(({ body }) =>
      founded.some(({ channel }) => body.continues?.origin === originOf(channel)),
    )
    if (newest !== undefined) return this.#join(newest)
    requireOne(founded.map(({ channel }) => channel))
    return this.#found(this.#folders.map((folder) => this.#read(folder)))
  }

  /** Does it. The old ledgers are then where `keptFolder` says. */
  carryOut({ leaving, genesis }: Plan): void {
    for (const { folder, channel, policy, name } of leaving) {
      // What was certified before is still checked on this machine without asking anybody.
      pinPolicy(folder.trust, policy)
      leaveLedger(folder, channel, genesis, (edge) => this.#o.onEdge?.(name, edge))
    }
  }

  close(): void {
    for (const release of this.#release.splice(0)) release()
  }

  #read(folder: GatewayFolder): OldLedger {
    return readOldLedger(folder, (done, total) => this.#o.onProgress?.(basename(folder.root), done, total))
  }

  #found(ledgers: OldLedger[]): Plan {
    const founder = ledgers.reduce((longest, one) => (one.head.size > longest.head.size ? one : longest))
    for (const { name, head } of ledgers) requireExtends(founder.name, founder.folder, { name, head })
    if (founder.head.timeUs > this.#o.nowUs)
      throw new GatewayError(
        'clock_moved',
        `the clock of this machine is behind the newest block of ${founder.name}, ${new Date(founder.head.timeUs / 1000).toISOString()}`,
        'Set it, best by a time server: the new ledger must not begin before the old one ends.',
      )
    const body = this.#body(founder, ledgers)
    return {
      founder: founder.name,
      continues: continuesOf(founder),
      leaving: [founder, ...ledgers.filter((one) => one !== founder)],
      voters: body.members.map(({ name }) => name),
      leftOut: leftOut(founder.members, body.members),
      genesis: signGenesis(founder.keys, body, this.#o),
    }
  }

  /** An earlier call ended before all of them had the new genesis. */
  #join({ folder, body }: { folder: GatewayFolder; body: ChannelOpened }): Plan {
    const continues = body.continues as Continues
    const { channel } = channelIn(folder)
    const others = this.#folders.filter((one) => channelIn(one).channel !== channel)
    const leaving = others.map((one) => this.#read(one))
    for (const one of leaving) {
      if (one.origin !== continues.origin) requireOne([channel, one.channel])
      if (!body.members.some(({ actor }) => actor === one.keys.actorId))
        throw new GatewayError(
          'not_continued',
          `${basename(folder.root)} has founded a ledger of which ${one.name} is no member`,
          `Name both in one call, before any of them has a new ledger; or continue ${one.name} alone, as another ledger.`,
        )
      requireExtends(basename(folder.root), keptFolder(folder, one.channel), one)
    }
    const [first] = leaving as [OldLedger]
    return {
      founder: basename(folder.root),
      continues,
      leaving,
      voters: body.members.map(({ name }) => name),
      leftOut: leftOut(first.members, body.members),
      genesis: new Uint8Array(readFileSync(folder.genesis)),
    }
  }

  #body(founder: OldLedger, ledgers: readonly OldLedger[]): ChannelOpened {
    const { name, site, simulated } = founder.state
    const actors = new Set(ledgers.map(({ keys }) => keys.actorId))
    const members = founder.members.filter(({ actor }) => actors.has(actor))
    // Numbers that no member of the old channel has: its gateways' keys are known here, and their messages must not be.
    const after = Math.max(...founder.members.map(({ raftId }) => raftId))
    return {
      name,
      site,
      simulated,
      nonce: this.#o.random(NONCE_BYTES),
      quorum: majorityOf(members.length),
      rules: newestRules,
      members: members.map((member, i) => memberOf(member, after + 1 + i)),
      packs: foundingPacks(loadEngine()),
      continues: continuesOf(founder),
    }
  }
}

function continuesOf({ origin, head }: OldLedger): Continues {
  return { origin, size: head.size, root: head.root }
}

function memberOf({ actor, name, legalName, roles, keys }: ReadMember, raftId: number): GenesisMember {
  const valid = keys.filter(({ to }) => to === null).map(({ use, alg, public: key }) => ({ use, alg, public: key }))
  return { actor, raftId, name, legalName, voter: true, roles, keys: valid }
}

function leftOut(old: readonly ReadMember[], members: readonly GenesisMember[]): string[] {
  return old.filter(({ actor }) => !members.some((one) => one.actor === actor)).map(({ name }) => name)
}

function requireOne(channels: readonly string[]): void {
  const different = new Set(channels)
  if (different.size === 1) return
  throw new GatewayError(
    'channel_mismatch',
    `the gateways named are of ${different.size} channels: ${[...different].map((one) => one.slice(0, 16)).join(', ')}`,
    'Name only those that recorded together.',
  )
}

/** The same ledger has the same seals. */
function requireExtends(longer: string, folder: GatewayFolder, { name, head }: Pick<OldLedger, 'name' | 'head'>): void {
  if (extendsHead(folder.ledger, head)) return
  throw new GatewayError(
    'not_continued',
    `the records of ${longer} and ${name} differ: the ledger of ${longer} is not the one that ${name} has, at its newest seal with ${head.size} entries`,
    `Nothing was touched. Find out which of the two is the right one, and name that one alone.`,
  )
}
