/** Gateways' cores over ledgers in memory, with a clock and a network that only move when a test says so. */
import { plainMeaning } from '../../../../src-main/record/stream-fields.ts'
import Database from 'better-sqlite3'
import { loadAddon, type Addon } from '../../../../native/addon.ts'
import type { HostFrameType } from '../../../../src-main/consensus/frames.ts'
import { forgetfulMemory, type AgreementMemory } from '../../../../src-main/gateway/agreement/agreement-memory.ts'
import type { PeerClock } from '../../../../src-main/gateway/clock/gateway-clock.ts'
import { UNKNOWN_CLOCK, type SystemState } from '../../../../src-main/gateway/clock/system-clock.ts'
import { Conditions } from '../../../../src-main/gateway/conditions.ts'
import { GatewayCore } from '../../../../src-main/gateway/channel/core.ts'
import type { Mark, MarkStore } from '../../../../src-main/gateway/memory/mark.ts'
import type { LotSource } from '../../../../src-main/gateway/signing/source-lots.ts'
import type { UnsignedLimits } from '../../../../src-main/gateway/signing/unsigned-readings.ts'
import { KEY_USES, type KeyUse } from '../../../../src-main/keys/key-folder.ts'
import type { KeyStore, OwnKey } from '../../../../src-main/keys/key-store.ts'
import { EntryReader } from '../../../../src-main/ledger/read-entries.ts'
import { openLedger, type FaultPoint, type Ledger } from '../../../../src-main/ledger/ledger.ts'
import { parseEntry } from '../../../../src-main/wire/entry.ts'
import type { Contracts } from '../../../../src-main/record/contracts.ts'
import type { StreamOpened } from '../../../../src-main/record/stream-fields.ts'
import type { StreamId } from '../../../../src-main/wire/ids.ts'
import { RowWriter, UNNUMBERED, type Rows } from '../../../../src-main/wire/rows.ts'
import { statementOf, type Gap, type Statement } from '../../../../src-main/record/statements.ts'
import {
  TEST_EPOCH_US,
  testKey,
  TestChannel,
  type TestChannelOptions,
  type TestKey,
  type TestMember,
} from '../../../support/channel.ts'

export const addon = loadAddon()
const TURNS_MAX = 2_000

export interface CoreNode {
  id: number
  member: TestMember
  core: GatewayCore
  ledger: Ledger
  conditions: Conditions
  acknowledged: number[]
  /** What it holds against other members. */
  faults: [member: number, code: string][]
  /** Cut off from the others while true. */
  off: boolean
  /** How far its wall clock is from the net's; may be moved at any time. */
  skewUs: number
  /** What its system says of its clock. */
  system: SystemState
}

export class CoreNet {
  readonly channel: TestChannel
  nodes: CoreNode[] = []
  nowMs = 1_000
  /** Frames between gateways, before they are delivered; a test may look at or change them. */
  wire: { from: number; to: number; type: HostFrameType; body: Uint8Array }[] = []
  readonly #limits: UnsignedLimits
  readonly #memories = new Map<TestMember, AgreementMemory>()
  #nonces = 0
  #ledgers = 0

  /** Of every gateway that is started from now on. */
  lots: readonly LotSource[] = []
  /** What packs say, of whoever is started from now on. */
  contracts: Contracts | null = null
  /** Called after each transaction of whoever is started from now on. */
  onCommit: () => void = () => {}

  constructor(members = 1, limits: Partial<UnsignedLimits> = {}, options: TestChannelOptions = {}) {
    this.channel = new TestChannel(addon, { members, ...options })
    this.#limits = { batchReadingsMax: 500, closeAfterMs: 100, queueBytesMax: 2e9, ...limits }
  }

  /** What lies beside a member's keys: it outlives its processes. */
  readonly marks = new Map<number, Mark>()
  /** What a member believed of its clock; nothing any more once its system starts again. */
  readonly believed = new Map<number, number>()

  #faults(): (point: FaultPoint) => void {
    const { onCommit } = this
    return (point) => (point === 'after-commit' ? onCommit() : undefined)
  }

  #ledgerId(): Uint8Array {
    this.#ledgers += 1
    return new Uint8Array(16).fill(this.#ledgers)
  }

  marksOf(id: number): MarkStore {
    return { read: () => this.marks.get(id) ?? 'new', write: (mark) => void this.marks.set(id, mark) }
  }

  nowUs(skewUs = 0): number {
    return TEST_EPOCH_US + this.nowMs * 1_000 + skewUs
  }

  /** Starts a member, or starts it again on the `image` of its ledger. */
  start(
    index: number,
    options: {
      image?: Uint8Array
      skewUs?: number
      cosigning?: boolean
      addon?: Addon
      memory?: 'kept' | 'lost'
    } = {},
  ): CoreNode {
    const { image, skewUs = 0, cosigning, memory = 'kept' } = options
    const member = this.channel.member(index)
    const from = image === undefined ? { genesis: this.channel.genesis } : { image }
    const ledger = openLedger({
      addon,
      memory: true,
      ledgerId: this.#ledgerId(),
      faults: this.#faults(),
      ...(this.contracts && { contracts: this.contracts }),
      ...from,
    })
    if (memory === 'lost') {
      ledger.memory.set(true)
      // Whether its mark fits is not what such a test is about.
      const { ledger: id } = ledger.memory.identity
      this.marks.set(member.raftId, { ledger: id, counter: 0, term: 0, vote: 0, cosigned: 0 })
    }
    const node = {
      id: member.raftId,
      member,
      ledger,
      acknowledged: [],
      faults: [],
      off: false,
      skewUs,
      system: UNKNOWN_CLOCK,
    } as unknown as CoreNode
    node.conditions = new Conditions({ nowUs: () => this.nowUs() })
    const send = (to: number, type: HostFrameType, body: Uint8Array): void =>
      void this.wire.push({ from: node.id, to, type, body: body.slice() })
    node.core = new GatewayCore({
      addon: options.addon ?? addon,
      ledger,
      keys: keysOf(member),
      name: member.name,
      raftId: member.raftId,
      limits: this.#limits,
      lots: this.lots,
      marks: this.marksOf(member.raftId),
      genesis: this.channel.genesis,
      memory: this.memoryOf(member),
      ...(memory === 'lost' ? { incarnates: 'when asked' as const } : {}),
      nowMs: () => this.nowMs,
      nowUs: () => this.nowUs(node.skewUs),
      clock: {
        elapsedUs: () => this.nowMs * 1_000,
        system: () => node.system,
        peers: () => this.#clocksFor(node),
        believed: {
          read: () => this.believed.get(node.id) ?? null,
          write: (offsetUs) => void this.believed.set(node.id, offsetUs),
        },
      },
      random: (length) => Uint8Array.from({ length }, (_, i) => (this.#nonces++ * 31 + i) % 256),
      send,
      broadcast: (type, body) => {
        for (const { raftId } of this.channel.members) if (raftId !== node.id) send(raftId, type, body)
      },
      onApplied: () => undefined,
      onAcknowledged: (sequence) => void node.acknowledged.push(sequence),
      onCondition: node.conditions.set,
      onFault: (member, code) => void node.faults.push([member, code]),
      ...(cosigning === undefined ? {} : { cosigning }),
    })
    this.nodes = [...this.nodes.filter(({ id }) => id !== node.id), node]
    return node
  }

  /** Ends a gateway and starts it again on what it had stored; `clean` lets it write down what it holds. */
  restart(node: CoreNode, clean = true): CoreNode {
    if (clean) node.core.close()
    const image = node.ledger.image()
    node.ledger.close()
    return this.start(this.channel.members.indexOf(node.member), { image, skewUs: node.skewUs })
  }

  /** What a member remembers of agreement, across its restarts. */
  memoryOf(member: TestMember): AgreementMemory {
    const memory = this.#memories.get(member) ?? forgetfulMemory()
    this.#memories.set(member, memory)
    return memory
  }

  run(ms: number): void {
    for (const end = this.nowMs + ms; this.nowMs < end;) {
      this.nowMs += 100
      for (const { core } of this.nodes) core.tick()
      let turns = 0
      while (this.#turn()) if (++turns > TURNS_MAX) throw new Error('the gateways do not come to rest')
    }
  }

  /** Runs 3 s, and on until somebody leads: how long an election takes is the engine's chance. Throws after a minute. */
  elect(): void {
    this.run(3_000)
    const leads = () => this.nodes.some(({ core, off }) => !off && core.status.role === 'leader')
    for (let i = 0; i < 57 && !leads(); i++) this.run(1_000)
    if (!leads()) throw new Error('no gateway comes to lead')
  }

  get leader(): CoreNode {
    const leader = this.nodes.find(({ core, off }) => !off && core.status.role === 'leader')
    if (leader === undefined) throw new Error('no gateway leads')
    return leader
  }

  /** Runs until this node leads. */
  lead(node: CoreNode): void {
    for (let i = 0; i < 20 && node.core.status.role !== 'leader'; i++) {
      this.nodes.find(({ core }) => core.status.role === 'leader')?.core.handOver(node.id)
      this.run(2_000)
    }
    if (node.core.status.role !== 'leader') throw new Error(`${node.member.name} does not come to lead`)
  }

  /** What a gateway hears of the others' clocks. */
  #clocksFor(node: CoreNode): PeerClock[] {
    const others = this.nodes.filter(({ id, off }) => id !== node.id && !off && !node.off)
    return others.map(({ id, skewUs, core }) => {
      const { doubt, sure } = core.clock.brief
      return { raftId: id, offsetUs: skewUs - node.skewUs, doubted: doubt !== null, sure }
    })
  }

  #turn(): boolean {
    let more = false
    for (const { core } of this.nodes) for (let i = 0; i < 8 && core.work(); i++) more = true
    const frames = this.wire
    this.wire = []
    for (const { from, to, type, body } of frames) {
      const [sender, receiver] = [from, to].map((id) => this.nodes.find((node) => node.id === id))
      if (receiver === undefined || receiver.off || sender?.off) continue
      receiver.core.receive(from, type, body)
      more = true
    }
    return more
  }
}

/** Body of a stream's opening. */
export function opening(net: CoreNet, node: CoreNode, tag: string): StreamOpened {
  return {
    stream: net.channel.streamOf(node.member, 'press', tag),
    source: 'press',
    tag,
    label: tag,
    unit: 'Cel',
    kind: 'float',
    quantity: 'temperature',
    meaning: plainMeaning('opcua'),
    trust: 'unauthenticated',
    simulated: true,
    range: null,
    cadenceMs: 1_000,
    fromSequence: 0,
  }
}

export function openStreams(net: CoreNet, node: CoreNode, count: number): StreamId[] {
  return Array.from({ length: count }, (_, i) => {
    const body = opening(net, node, `t${i}`)
    void node.core.event('stream.opened', body)
    return body.stream
  })
}

/**
 * Readings without numbers, one of each stream; the `line`th taken `line` seconds after the epoch. With `lines` each is of another
 * second: the first of `line`.
 */
export function rowsOf(streams: readonly StreamId[], line: number, lines = 1, value = 1.5): Rows {
  const names = [...new Set(streams)]
  const places = new Map(names.map((stream, index) => [stream, index]))
  const writer = new RowWriter(names)
  for (const [i, stream] of streams.entries()) {
    const timeUs = TEST_EPOCH_US + (line + (lines === 1 ? 0 : i)) * 1_000_000
    writer.push(places.get(stream) ?? 0, UNNUMBERED, timeUs, { kind: 'float', value }, 0, 0)
  }
  return writer.take()
}

/** Statements of a queue's entries. */
export function statementsOf(entries: readonly { entry: Uint8Array }[]): Statement[] {
  return entries.map(({ entry }) => statementOf(parseEntry(entry)))
}

/** A member's keys as its folder has them; `add` makes more, for as long as the test goes on. */
export function keysOf(member: TestMember): KeyStore {
  const all = addedKeys.get(member) ?? KEY_USES.map((use) => ownKey(use, member.keys[use]))
  addedKeys.set(member, all)
  const newest = (use: KeyUse): OwnKey => all.findLast((key) => key.use === use) as OwnKey
  return {
    actorId: member.actor,
    dir: '',
    newest,
    find: (id) => all.find((key) => key.keyId === id) ?? null,
    add(use) {
      const key = ownKey(use, testKey(`${member.name} ${all.length}`, use))
      all.push(key)
      return key
    },
    public: (use) => newest(use).publicKey,
    keyId: (use) => newest(use).keyId,
    sign: (use, bytes) => newest(use).sign(bytes),
    privatePem: () => '',
  }
}

const addedKeys = new WeakMap<TestMember, OwnKey[]>()

function ownKey(use: KeyUse, key: TestKey): OwnKey {
  return { use, keyId: key.keyId, publicKey: key.public, sign: (bytes) => key.sign(bytes) }
}

/** Codes of what stood and is over, and of what stands. */
export function codesOf(node: CoreNode): string[] {
  return node.conditions.all().map(({ code }) => code)
}

/** What the ledger has, in its order. */
export function recordedBy({ ledger }: CoreNode): Statement[] {
  const reader = new EntryReader(new Database(Buffer.from(ledger.image())), addon)
  return statementsOf(reader.entries(0, 8_192).map(({ bytes }) => ({ entry: bytes })))
}

/** Gaps of each batch in the ledger that has any. */
export function gapsOf(node: CoreNode): (readonly Gap[])[] {
  return recordedBy(node).flatMap((statement) =>
    statement.kind === 'batch' && statement.gaps.length > 0 ? [statement.gaps] : [],
  )
}

/** One reading of each stream, taken then. */
export function rowsAt(streams: readonly StreamId[], timeUs: number): Rows {
  const writer = new RowWriter(streams)
  for (const [i] of streams.entries()) writer.push(i, UNNUMBERED, timeUs, { kind: 'float', value: 1.5 }, 0, 0)
  return writer.take()
}
