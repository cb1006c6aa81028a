/**
 * A member of a channel of three that holds its keys and keeps to nothing else. It speaks the real link; what it says on it is its
 * own choice. The other two are the real recording threads.
 */
import { plainMeaning } from '../../src-main/record/stream-fields.ts'
import { conditionText } from '../../src-main/endpoints/condition-text.ts'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { loadAddon } from '../../native/addon.ts'
import { portToKeep } from './port-to-keep.ts'
import { FRAME, type HostFrameType } from '../../src-main/consensus/frames.ts'
import { MemberLinks, type ChannelLinks } from '../../src-main/gateway/agreement/member-links.ts'
import { parseGenesis } from '../../src-main/ledger/genesis.ts'
import { gatewayFolder, type GatewayFolder } from '../../src-main/gateway/folder/data-folder.ts'
import { LedgerThread, type LedgerThreadEvents } from '../../src-main/gateway/channel/ledger-thread.ts'
import type { LedgerStatus } from '../../src-main/gateway/channel/messages.ts'
import { prepareTogether } from '../../src-main/gateway/folder/setup.ts'
import { StatementChain } from '../../src-main/gateway/signing/statement-chain.ts'
import { nowUs } from '../../src-main/gateway/wall-clock.ts'
import { openKeyStore, type KeyStore } from '../../src-main/keys/key-store.ts'
import { openReader } from '../../src-main/ledger/reader.ts'
import { streamId } from '../../src-main/record/channel.ts'
import { parseActorId, parseChannelId } from '../../src-main/wire/ids.ts'
import { encodeProposal, type Proposed } from '../../src-main/wire/proposal.ts'
import { RowWriter, UNNUMBERED } from '../../src-main/wire/rows.ts'
import { CAMPAIGN_TRANSFER, decodeMessage, encodeMessage, RAFT, type RaftMessage } from './raft-wire.ts'

const NAMES = ['gw-1', 'gw-2', 'gw-3'] as const
const SELF = 3
/** The others, by their ids. */
export const HONEST = [1, 2] as const
const READINGS_EVERY_MS = 20

/** One of the two that keep to the rules, with what it told. */
export interface Honest {
  name: string
  folder: GatewayFolder
  thread: LedgerThread
  status: LedgerStatus | null
  alarms: { code: string; message: string; atMs: number }[]
  /** When each batch was acknowledged. */
  acknowledgedMs: number[]
}

export class ChannelWithALiar {
  readonly folder: string
  readonly ports: number[]
  readonly honest: Honest[] = []
  readonly liar: MisbehavingMember
  readonly #timers: NodeJS.Timeout[] = []

  private constructor(folder: string, ports: number[], liar: MisbehavingMember) {
    this.folder = folder
    this.ports = ports
    this.liar = liar
  }

  /** Founds the channel and starts all three; resolves when the two write. */
  static async start(): Promise<ChannelWithALiar> {
    const folder = mkdtempSync(join(tmpdir(), 'plumbline-liar-'))
    const members = NAMES.map((name) => ({ name, legalName: 'Hall' }))
    const folders = prepareTogether(folder, { name: 'Hall', site: 'Hall', simulated: true, members }, nowUs())
    const ports = await Promise.all(NAMES.map(() => portToKeep()))
    const liar = await MisbehavingMember.start(folders, ports)
    const channel = new ChannelWithALiar(folder, ports, liar)
    for (const id of HONEST) channel.honest.push(await channel.#startHonest(folders[id - 1] as GatewayFolder, id))
    liar.channel = channel.honest[0]?.thread.identity.channel ?? ''
    for (const honest of channel.honest) channel.#feed(honest)
    await until(
      'both write',
      15_000,
      () =>
        channel.honest.every(({ acknowledgedMs }) => acknowledgedMs.length > 3) &&
        channel.honest.some(({ name, status }) => status?.leader === name),
    )
    return channel
  }

  get leader(): Honest {
    const leader = this.honest.find(({ name, status }) => status?.leader === name)
    if (leader === undefined) throw new Error('none of the two leads')
    return leader
  }

  /** Ends one of the two and starts it again on its folder. */
  async restart(honest: Honest): Promise<void> {
    await honest.thread.stop()
    const again = await this.#startHonest(honest.folder, NAMES.findIndex((name) => name === honest.name) + 1)
    this.honest[this.honest.indexOf(honest)] = again
    this.#feed(again)
  }

  async stop(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer)
    await this.liar.stop()
    await Promise.all(this.honest.map(({ thread }) => thread.stop()))
    rmSync(this.folder, { recursive: true, force: true })
  }

  async #startHonest(folder: GatewayFolder, id: number): Promise<Honest> {
    const name = NAMES[id - 1] as string
    const told: Omit<Honest, 'thread'> = { name, folder, status: null, alarms: [], acknowledgedMs: [] }
    const events: LedgerThreadEvents = {
      onApplied: () => undefined,
      onStatus: (status) => void (told.status = status),
      onAcknowledged: () => void told.acknowledgedMs.push(performance.now()),
      onCondition: (code, place, on, facts) => {
        const message = conditionText(code, place, facts ?? {})
        if (on) told.alarms.push({ code, message, atMs: performance.now() })
      },
      onUnrecorded: () => undefined,
      onFatal: (error) => void told.alarms.push({ code: 'fatal', message: error.message, atMs: performance.now() }),
    }
    const thread = await LedgerThread.start(
      {
        name,
        version: 'test',
        keysDir: folder.keys,
        genesisFile: folder.genesis,
        ledgerFile: folder.ledger,
        agreement: folder.agreement,
        evidence: folder.evidence,
        repair: folder.repair,
        listen: { host: '127.0.0.1', port: this.ports[id - 1] as number },
        peers: NAMES.flatMap((peer, i) =>
          peer === name ? [] : [{ name: peer, host: '127.0.0.1', port: this.ports[i] as number }],
        ),
        limits: { batchReadingsMax: 500, closeAfterMs: 50, queueBytesMax: 1e9 },
        cosigning: true,
        rebuild: null,
      },
      events,
    )
    return Object.assign(told, { thread })
  }

  /** One stream of readings, as from a source. */
  #feed({ thread }: Honest): void {
    const { identity } = thread
    const stream = streamId(parseChannelId(identity.channel), parseActorId(identity.actor), 'load', 'tag')
    if (!identity.streams.has(stream))
      thread.record('stream.opened', {
        stream,
        source: 'load',
        tag: 'tag',
        label: 'Load',
        unit: 'Cel',
        kind: 'float',
        quantity: 'temperature',
        meaning: plainMeaning('bench'),
        trust: 'unauthenticated',
        simulated: true,
        range: null,
        cadenceMs: null,
        fromSequence: 0,
      })
    let level = 0
    const timer = setInterval(() => {
      const writer = new RowWriter([stream])
      writer.push(0, UNNUMBERED, nowUs(), { kind: 'float', value: level }, 0, 0)
      level += 1
      thread.rows({ rows: writer.take(), gaps: [], kind: 'live' })
    }, READINGS_EVERY_MS)
    this.#timers.push(timer)
  }
}

export class MisbehavingMember {
  /** Id of the channel, once it is known. */
  channel = ''
  /** The highest term that anybody named. */
  term = 0
  /** The end of the log as the leader tells it, and what is committed of it. */
  last = { index: 0, term: 0 }
  readonly #peers: ChannelLinks
  readonly #keys: KeyStore
  readonly #ports: readonly number[]
  #open: Socket[] = []

  private constructor(peers: ChannelLinks, keys: KeyStore, ports: readonly number[]) {
    this.#peers = peers
    this.#keys = keys
    this.#ports = ports
  }

  static async start(folders: readonly GatewayFolder[], ports: readonly number[]): Promise<MisbehavingMember> {
    const keys = openKeyStore((folders[SELF - 1] as GatewayFolder).keys)
    const { entry, body } = parseGenesis(loadAddon(), readFileSync((folders[SELF - 1] as GatewayFolder).genesis))
    const links = new MemberLinks({
      name: NAMES[SELF - 1] as string,
      keys,
      listen: { host: '127.0.0.1', port: ports[SELF - 1] as number },
      peers: HONEST.map((id) => ({
        name: NAMES[id - 1] as string,
        host: '127.0.0.1',
        port: ports[id - 1] as number,
      })),
      queueBytesMax: 1e9,
    })
    const { members } = body
    const peers = links.seat({ channel: entry.channel, members, self: SELF, onCondition: () => undefined })
    const found: { member: MisbehavingMember | null } = { member: null }
    await peers.open({
      onUp: () => undefined,
      onFrame: (from, type, frame) => found.member?.hear(from, type, frame),
    })
    found.member = new MisbehavingMember(peers, keys, ports)
    return found.member
  }

  get actor(): string {
    return this.#keys.actorId
  }

  /** Whether a connection to this one of the others is up. */
  isHeardBy(id: number): boolean {
    return this.#peers.status().find((peer) => peer.id === id)?.state === 'up'
  }

  /** Follows like a correct member, as far as the others can see: it answers that it has whatever it is sent. */
  hear(from: number, type: HostFrameType, body: Uint8Array): void {
    const message = type === FRAME.raft ? decodeMessage(body) : null
    if (message === null || message.from !== from) return
    this.term = Math.max(this.term, message.term)
    const answer = { to: from, from: SELF, term: message.term }
    if (message.type === RAFT.append) {
      const newest = message.entries?.at(-1) ?? { index: message.index ?? 0, term: message.logTerm ?? 0 }
      if (newest.index >= this.last.index) this.last = { index: newest.index, term: newest.term }
      this.say({ ...answer, type: RAFT.appendResponse, index: newest.index })
    } else if (message.type === RAFT.heartbeat) this.say({ ...answer, type: RAFT.heartbeatResponse })
  }

  say(message: RaftMessage): void {
    this.#peers.send(message.to, FRAME.raft, encodeMessage(message))
  }

  /** Any frame at all. */
  send(to: number, type: HostFrameType, body: Uint8Array): void {
    this.#peers.send(to, type, body)
  }

  /** Proposals of 4 MiB that nobody signed. */
  async junk(to: number, count = 60): Promise<void> {
    for (let i = 0; i < count; i++) {
      this.send(
        to,
        FRAME.forward,
        encodeProposal([{ entry: randomBytes(60_000), payload: randomBytes(4 * 1024 * 1024) }]),
      )
      await sleep(5)
    }
  }

  /** Heartbeats, or votes that must be answered, with a higher term each time. */
  async raiseTerms(kind: 'heartbeat' | 'vote', count: number, everyMs: number): Promise<void> {
    for (let i = 0; i < count; i++) {
      this.term += 1
      for (const to of HONEST)
        this.say(
          kind === 'heartbeat'
            ? { type: RAFT.heartbeat, to, from: SELF, term: this.term }
            : {
                type: RAFT.vote,
                to,
                from: SELF,
                term: this.term,
                logTerm: this.last.term,
                index: this.last.index + 1_000_000,
                context: CAMPAIGN_TRANSFER,
              },
        )
      await sleep(everyMs)
    }
  }

  /** Says once that it leads, without an election, and then only that it is still there. Returns how to end that. */
  claimToLead(): () => void {
    this.term += 1
    const { term } = this
    const timer = setInterval(() => {
      for (const to of HONEST) this.say({ type: RAFT.heartbeat, to, from: SELF, term })
    }, 100)
    return () => clearInterval(timer)
  }

  /** Opens connections that never say anything. */
  async halfOpen(to: number, count: number): Promise<void> {
    const sockets = Array.from({ length: count }, () => connect(this.#ports[to - 1] as number, '127.0.0.1'))
    this.#open.push(...sockets)
    for (const socket of sockets) socket.on('error', () => undefined)
    await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.once('connect', resolve))))
  }

  /** A statement that it signs in its own name, each time another one under the same sequence. */
  signed(): Proposed {
    const actor = this.#keys.actorId
    const chain = new StatementChain(
      {
        addon: loadAddon(),
        actor,
        channel: parseChannelId(this.channel),
        key: () => this.#keys.newest('entry'),
        random: (length) => new Uint8Array(randomBytes(length)),
        nowUs,
        clock: () => ({ state: 'unknown', errorUs: null }),
      },
      { incarnation: null, sequence: 0, previous: null },
    )
    return chain.event('gateway.alive', {})
  }

  /**
   * Says that it leads without an election, and gives each of the others another entry for the same place of the log, as committed.
   * Returns the index of that place.
   */
  fork(): number {
    this.term += 1
    const index = this.last.index + 1
    for (const to of HONEST) {
      const entries = [{ term: this.term, index, data: encodeProposal([this.signed()]) }]
      this.say({
        type: RAFT.append,
        to,
        from: SELF,
        term: this.term,
        logTerm: this.last.term,
        index: index - 1,
        commit: index,
        entries,
      })
    }
    this.last = { index, term: this.term }
    return index
  }

  async stop(): Promise<void> {
    for (const socket of this.#open) socket.destroy()
    this.#open = []
    await this.#peers.close()
  }
}

/** Statement hashes of what an actor has in a ledger, by index. */
export function entriesOf(folder: GatewayFolder, actor: string): { index: number; bytes: string }[] {
  const reader = openReader(gatewayFolder(folder.root).ledger)
  try {
    return reader.entries
      .entries(0, 8_192)
      .filter((entry) => entry.actor === actor)
      .map(({ index, bytes }) => ({ index, bytes: Buffer.from(bytes).toString('hex') }))
  } finally {
    reader.close()
  }
}

export async function until(what: string, withinMs: number, holds: () => boolean): Promise<void> {
  const endMs = performance.now() + withinMs
  while (!holds()) {
    if (performance.now() > endMs) throw new Error(`waited ${withinMs} ms in vain until ${what}`)
    await sleep(20)
  }
}

/** The longest time in which this one acknowledged nothing, since `fromMs`. */
export function longestSilenceMs({ acknowledgedMs }: Honest, fromMs: number): number {
  const times = [fromMs, ...acknowledgedMs.filter((atMs) => atMs > fromMs), performance.now()]
  return times.reduce((longest, atMs, i) => (i === 0 ? longest : Math.max(longest, atMs - (times[i - 1] as number))), 0)
}
