/**
 * The links of a gateway to the others: one to each, for all channels that the two share. A channel takes its place with the members that
 * it has, and opens when it can take frames; what a gateway takes it tells those alone who are members too. A frame of a channel that
 * this gateway does not run is counted and dropped.
 */
import type { HostFrameType } from '../../consensus/frames.ts'
import { startPeers, type PeerAddress, type Peers, type PeersOptions, type PeerStatus } from '../../consensus/peers.ts'
import { makeTlsCertificate } from '../../consensus/tls-certificate.ts'
import type { KeyStore } from '../../keys/key-store.ts'
import type { GenesisMember } from '../../record/member-fields.ts'
import { sha256, toHex } from '../../wire/bytes.ts'
import { channelHandle, type ChannelId } from '../../wire/ids.ts'
import type { OnCondition } from '../conditions.ts'
import { nowUs } from '../wall-clock.ts'

const LINK_ID_BYTES = 6
/** What a peer may say that it takes; more than a gateway has. */
const OPEN_CHANNELS_MAX = 1_024

export interface LinksOptions {
  name: string
  keys: KeyStore
  /** null: this gateway has no links. */
  listen: { host: string; port: number } | null
  /** Where the others are by the configuration. */
  peers: readonly { name: string; host: string; port: number }[]
  queueBytesMax?: number
}

/** As the genesis names it, or as the ledger has it now, with keys that hold no more. */
type LinkedMember = Pick<GenesisMember, 'raftId' | 'name'> & {
  readonly keys: readonly (GenesisMember['keys'][number] & { readonly to?: number | null })[]
}

/** What a channel does with what comes. */
export type ChannelEvents = Required<Pick<PeersOptions, 'onUp'>> & {
  onFrame(from: number, type: HostFrameType, body: Uint8Array): void
}

export interface Seating {
  channel: ChannelId
  members: readonly LinkedMember[]
  /** Raft id of this gateway. */
  self: number
  onCondition: OnCondition
}

export class MemberLinks {
  readonly #o: LinksOptions
  readonly #places = new Map<string, ChannelLinks>()
  /** By peer, the channels of which it takes frames. */
  readonly #taken = new Map<number, Set<string>>()
  #peers: Peers | null = null
  /** Opening and closing the port, one after the other. */
  #turn: Promise<unknown> = Promise.resolve()
  #strayFrames = 0

  constructor(options: LinksOptions) {
    this.#o = options
  }

  /** Frames of channels that this gateway does not run, since the start. */
  get strayFrames(): number {
    return this.#strayFrames
  }

  /** Takes the place of a channel: its members may connect from now on, and are heard once it opens. */
  seat(seating: Seating): ChannelLinks {
    const place = new ChannelLinks(this, seating, this.#addressesOf(seating))
    this.#places.set(place.handle, place)
    this.#follow()
    return place
  }

  /** Of the links; null while there are none. */
  get peers(): Peers | null {
    return this.#peers
  }

  takes(id: number, handle: string): boolean {
    return this.#taken.get(id)?.has(handle) === true
  }

  /** Opens the port with the first channel. False where this gateway has no links. Throws (rejects) ConsensusError `listen_failed`. */
  async open(place: ChannelLinks): Promise<boolean> {
    const opened = this.#turn.then(async () => {
      this.#peers ??= await this.#start()
      return this.#peers !== null
    })
    this.#turn = opened.catch(() => undefined)
    if (!(await opened)) return false
    for (const id of place.peerIds) this.#peers?.sayChannel(id, place.handle, true)
    for (const id of place.peerIds) if (this.takes(id, place.handle)) place.up(id)
    return true
  }

  /** Closes the port with the last channel. */
  async leave(place: ChannelLinks): Promise<void> {
    for (const id of place.peerIds) this.#peers?.sayChannel(id, place.handle, false)
    if (this.#places.get(place.handle) === place) this.#places.delete(place.handle)
    const closed = this.#turn.then(async () => await this.#closeUnlessUsed())
    this.#turn = closed.catch(() => undefined)
    await closed
  }

  async #start(): Promise<Peers | null> {
    const { name, keys, listen, queueBytesMax } = this.#o
    if (listen === null) return null
    const keyPem = keys.privatePem('tls')
    return await startPeers({
      self: { id: linkId(keys.public('tls')), name, keyPem, certPem: await makeTlsCertificate(keyPem, name) },
      listen,
      peers: this.#addresses(),
      clock: { wallUs: nowUs, monotonicUs: () => Math.round(performance.now() * 1000) },
      random: Math.random,
      onUp: (id) => this.#up(id),
      onDown: (id) => this.#taken.delete(id),
      onChannel: (id, handle, isOpen) => this.#told(id, handle, isOpen),
      onFrame: (from, type, body, handle) => this.#receive(from, type, body, handle),
      channelsWith: (id) => Math.max(1, this.#with(id).length),
      // Nobody's fault in particular: it is told where it is told first.
      onRefused: (_, error) => {
        const [first] = this.#places.values()
        first?.onCondition('connection-refused', name, true, { reason: error.message.replace(/\.$/, '') })
      },
      onResting: (id, reason) => {
        for (const place of this.#with(id)) place.onCondition('member-resting', place.nameOf(id), true, { reason })
      },
      ...(queueBytesMax === undefined ? {} : { queueBytesMax }),
    })
  }

  async #closeUnlessUsed(): Promise<void> {
    if (this.#places.size > 0) {
      this.#follow()
      return
    }
    const peers = this.#peers
    this.#peers = null
    await peers?.close()
  }

  #with(id: number): ChannelLinks[] {
    return [...this.#places.values()].filter((place) => place.raftIdOf(id) !== undefined)
  }

  #up(id: number): void {
    this.#taken.set(id, new Set())
    for (const place of this.#with(id)) if (place.isOpen) this.#peers?.sayChannel(id, place.handle, true)
  }

  #told(id: number, handle: string, isOpen: boolean): void {
    const taken = this.#taken.get(id)
    if (taken === undefined) return
    if (!isOpen) return void taken.delete(handle)
    if (taken.size >= OPEN_CHANNELS_MAX) return
    taken.add(handle)
    const place = this.#places.get(handle)
    if (place?.isOpen === true) place.up(id)
  }

  #receive(from: number, type: HostFrameType, body: Uint8Array, handle: string): void {
    const place = this.#places.get(handle)
    if (place === undefined || !place.isOpen) {
      this.#strayFrames += 1
      return
    }
    if (!place.frame(from, type, body))
      this.#peers?.refused(from, 'sent a message of a channel that it is no member of')
  }

  #follow(): void {
    this.#peers?.update(this.#addresses())
  }

  /** Of all channels, each gateway once. */
  #addresses(): PeerAddress[] {
    const all = new Map<number, PeerAddress>()
    for (const place of this.#places.values())
      for (const address of place.addresses) if (!all.has(address.id)) all.set(address.id, address)
    return [...all.values()]
  }

  /** One that no key or address is known of is not dialled. */
  #addressesOf({ members, self }: Seating): (PeerAddress & { raftId: number })[] {
    return members.flatMap(({ raftId, name, keys }) => {
      const address = this.#o.peers.find((peer) => peer.name === name)
      const key = keys.find((candidate) => candidate.use === 'tls' && (candidate.to ?? null) === null)
      if (raftId === self || address === undefined || key === undefined) return []
      const { host, port } = address
      return [{ raftId, id: linkId(key.public), name, host, port, tlsPublicKey: key.public }]
    })
  }
}

/** The links as one channel sees them: by the Raft ids of its members. */
export class ChannelLinks {
  readonly handle: string
  readonly addresses: readonly PeerAddress[]
  readonly onCondition: OnCondition
  readonly #links: MemberLinks
  readonly #raftIds: ReadonlyMap<number, number>
  readonly #linkIds: ReadonlyMap<number, number>
  #events: ChannelEvents | null = null

  /** By `MemberLinks.seat`. */
  constructor(
    links: MemberLinks,
    { channel, onCondition }: Seating,
    addresses: readonly (PeerAddress & { raftId: number })[],
  ) {
    this.#links = links
    this.handle = channelHandle(channel)
    this.addresses = addresses
    this.onCondition = onCondition
    this.#raftIds = new Map(addresses.map(({ id, raftId }) => [id, raftId]))
    this.#linkIds = new Map(addresses.map(({ id, raftId }) => [raftId, id]))
  }

  get isOpen(): boolean {
    return this.#events !== null
  }

  get peerIds(): readonly number[] {
    return [...this.#raftIds.keys()]
  }

  raftIdOf(id: number): number | undefined {
    return this.#raftIds.get(id)
  }

  nameOf(id: number): string {
    return this.addresses.find((address) => address.id === id)?.name ?? `gateway ${id}`
  }

  /** Takes frames from now on. False where this gateway has no links. Throws (rejects) ConsensusError `listen_failed`. */
  async open(events: ChannelEvents): Promise<boolean> {
    this.#events = events
    return await this.#links.open(this)
  }

  /** Takes no more frames, for as long as it does not open again. */
  pause(): void {
    this.#events = null
  }

  async close(): Promise<void> {
    this.#events = null
    await this.#links.leave(this)
  }

  up(id: number): void {
    const raftId = this.#raftIds.get(id)
    if (raftId !== undefined) this.#events?.onUp(raftId)
  }

  /** False where the sender is no member. */
  frame(from: number, type: HostFrameType, body: Uint8Array): boolean {
    const raftId = this.#raftIds.get(from)
    if (raftId === undefined) return false
    this.#events?.onFrame(raftId, type, body)
    return true
  }

  /** False where the frame was dropped: the member is unknown or does not take any, or its queue is full. */
  send(to: number, type: HostFrameType, body: Uint8Array, options: { compress?: boolean } = {}): boolean {
    const id = this.#linkIds.get(to)
    if (id === undefined || !this.#links.takes(id, this.handle)) return false
    return this.#links.peers?.send(id, type, body, { ...options, channel: this.handle }) ?? false
  }

  refused(from: number, what: string): void {
    this.#links.peers?.refused(this.#linkIds.get(from) ?? 0, what)
  }

  rest(from: number, reason: string): void {
    this.#links.peers?.rest(this.#linkIds.get(from) ?? 0, reason)
  }

  flush(): void {
    this.#links.peers?.flush()
  }

  /** One that is linked and does not run this channel is down here. */
  status(): PeerStatus[] {
    return (this.#links.peers?.status() ?? []).flatMap((peer) => {
      const raftId = this.#raftIds.get(peer.id)
      if (raftId === undefined) return []
      const isTaken = this.#links.takes(peer.id, this.handle)
      const problem =
        peer.state === 'up' && !isTaken
          ? { code: 'channel_closed', message: `Gateway "${peer.name}" does not run this channel now.` }
          : peer.problem
      return [{ ...peer, id: raftId, state: isTaken ? peer.state : 'down', problem }]
    })
  }

  get strayFrames(): number {
    return this.#links.strayFrames
  }
}

/** By which two gateways know their pair, whatever the channel: the lower one dials. */
export function linkId(tlsPublicKey: Uint8Array): number {
  return Number.parseInt(toHex(sha256(tlsPublicKey).subarray(0, LINK_ID_BYTES)), 16)
}
