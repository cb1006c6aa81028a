/**
 * The gateway's connections to its peers: one a pair, dialled by the lower id, made anew for as long as both are members. A link carries
 * the frames of every channel that the two share.
 *
 * Frames may be lost: where a link is down or its queue is full they are dropped and counted, never kept. The consensus core
 * sends again, and entries wait in the gateway's own queue until they are seen applied.
 */
import type { Server, TLSSocket } from 'node:tls'
import { Backoff } from './backoff.ts'
import { Conduct, type Rest } from './conduct.ts'
import { ConsensusError } from './consensus-error.ts'
import type { FrameType, HostFrameType } from './frames.ts'
import { PeerLink, type LinkClock } from './peer-link.ts'
import { acceptPeers, dialPeer, listeningPort, type Admission, type TlsIdentity } from './peer-sockets.ts'

const MIB = 1024 * 1024
const QUEUE_BYTES_MAX = 16 * MIB
const PING_INTERVAL_MS = 1_000
const SILENT_MS_MAX = 5_000

export interface PeerAddress {
  /** By which both sides know the pair, below 2^48. */
  id: number
  name: string
  host: string
  port: number
  /** 32 bytes, from the ledger's key registry. */
  tlsPublicKey: Uint8Array
}

export interface PeersOptions {
  self: { id: number; name: string } & TlsIdentity
  listen: { host: string; port: number }
  peers: readonly PeerAddress[]
  clock: LinkClock
  /** Uniform in [0, 1), for the jitter of retries. */
  random: () => number
  /** The body may be a view of a larger buffer that is reused: copy what is kept beyond the call. */
  onFrame(from: number, type: HostFrameType, body: Uint8Array, channel: string): void
  /** A peer takes frames of a channel, or no more; told after it is up. */
  onChannel?(id: number, channel: string, isOpen: boolean): void
  /** How many channels a peer shares with this gateway, which bounds what it may send; 1 where nobody says. */
  channelsWith?(id: number): number
  onUp?(id: number): void
  onDown?(id: number, reason: Error | null): void
  /** Connections by nobody we know; told at most once a minute for each address, with how many there were. */
  onRefused?(address: string, error: ConsensusError, count: number): void
  /** A member went beyond what one may cost, and is left alone for a while. */
  onResting?(id: number, reason: string): void
  pingIntervalMs?: number
  silentMsMax?: number
  queueBytesMax?: number
}

export interface PeerStatus {
  id: number
  name: string
  state: 'up' | 'down'
  /** Wall time of the last byte received, microseconds. */
  lastContactUs: number | null
  /** How far its clock is ahead of ours, and half the round trip it was measured with. */
  clockOffset: { offsetUs: number; errorUs: number } | null
  queuedBytes: number
  droppedFrames: number
  /** What it sent and no correct gateway sends, since the start. */
  refused: number
  /** Why it is down, where that is known. */
  problem: { code: string; message: string } | null
}

/** Opens the port, dials the peers with higher ids and keeps at it. Throws ConsensusError `listen_failed`. */
export async function startPeers(options: PeersOptions): Promise<Peers> {
  const peers = new Peers(options)
  await peers.start()
  return peers
}

interface Peer {
  address: PeerAddress
  /** Where it was when it proved its key last; its configured host may be a name. */
  provenAt: string | null
  backoff: Backoff
  link: PeerLink | null
  /** Gives up a dial or a waiting retry. */
  cancel: (() => void) | null
  problem: Error | null
  lastContactUs: number | null
  droppedFrames: number
}

export class Peers {
  readonly #options: PeersOptions
  readonly #peers = new Map<number, Peer>()
  readonly #byKey = new Map<string, Peer>()
  /** By member id: a new address is no new account. */
  readonly #conduct = new Map<number, Conduct>()
  #server: Server | null = null
  #pinger: NodeJS.Timeout | null = null
  #closed = false

  constructor(options: PeersOptions) {
    this.#options = options
  }

  async start(): Promise<void> {
    const { self, listen, onRefused } = this.#options
    this.#server = await acceptPeers({
      identity: self,
      ...listen,
      onKey: (key, socket) => this.#accept(key, socket),
      onRefused: (address, error, count) => onRefused?.(address, error, count),
      nowMs: () => this.#nowMs(),
      isKnown: (address) => this.#isMembersAddress(address),
    })
    this.update(this.#options.peers)
    this.#pinger = setInterval(() => this.#tick(), this.#options.pingIntervalMs ?? PING_INTERVAL_MS)
  }

  /** The port that is listened on; the chosen one where port 0 was asked for. */
  get port(): number {
    if (this.#server === null) throw new TypeError('peers: not started')
    return listeningPort(this.#server)
  }

  /** Follows the membership: links to those who are no longer members are closed at once, new members are dialled. */
  update(addresses: readonly PeerAddress[]): void {
    const wanted = new Map(
      addresses.filter(({ id }) => id !== this.#options.self.id).map((address) => [address.id, address]),
    )
    for (const [id, peer] of this.#peers) {
      const next = wanted.get(id)
      if (next !== undefined && sameAddress(next, peer.address)) continue
      this.#peers.delete(id)
      this.#byKey.delete(keyText(peer.address.tlsPublicKey))
      peer.cancel?.()
      peer.link?.close(null)
    }
    for (const [id, address] of wanted) {
      if (this.#peers.has(id)) continue
      const backoff = new Backoff(this.#options.random)
      const peer: Peer = {
        address,
        provenAt: null,
        backoff,
        link: null,
        cancel: null,
        problem: null,
        lastContactUs: null,
        droppedFrames: 0,
      }
      this.#peers.set(id, peer)
      this.#byKey.set(keyText(address.tlsPublicKey), peer)
      this.#dial(peer)
    }
  }

  /** Queues a frame for a peer. False where it was dropped: the peer is unknown or down, or its queue is full. */
  send(
    to: number,
    type: HostFrameType,
    body: Uint8Array,
    { compress = false, channel }: { compress?: boolean; channel?: string } = {},
  ): boolean {
    const link = this.#peers.get(to)?.link
    return link === null || link === undefined ? false : link.send(type, body, compress, channel)
  }

  /** Tells a peer that frames of a channel are taken, or no more. */
  sayChannel(to: number, channel: string, isOpen: boolean): void {
    this.#peers.get(to)?.link?.sayChannel(channel, isOpen)
  }

  /** Counts something that no correct gateway sends; where that is too often, the member is left alone for a while. */
  refused(from: number, what: string): void {
    const peer = this.#peers.get(from)
    if (peer !== undefined) this.#leaveAlone(peer, this.#conductOf(from).refusal(what, this.#nowMs()))
  }

  /** Leaves a member alone for a while at once. */
  rest(from: number, reason: string): void {
    const peer = this.#peers.get(from)
    if (peer !== undefined) this.#leaveAlone(peer, this.#conductOf(from).rest(reason, this.#nowMs()))
  }

  /** Hands everything queued to the sockets now instead of at the end of this turn of the event loop. */
  flush(): void {
    for (const peer of this.#peers.values()) peer.link?.flush()
  }

  status(): PeerStatus[] {
    return [...this.#peers.values()].map((peer) => {
      const { address, link, problem } = peer
      return {
        id: address.id,
        name: address.name,
        state: link?.up === true ? 'up' : 'down',
        lastContactUs: link?.lastContactUs ?? peer.lastContactUs,
        clockOffset: link?.clockSamples.offset() ?? null,
        queuedBytes: link?.queuedBytes ?? 0,
        droppedFrames: peer.droppedFrames + (link?.droppedFrames ?? 0),
        refused: this.#conductOf(address.id).refused,
        problem: problem === null ? null : { code: codeOf(problem), message: problem.message },
      }
    })
  }

  /** Closes every link and the port. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    if (this.#pinger !== null) clearInterval(this.#pinger)
    const server = this.#server
    const gone = server === null ? null : new Promise<void>((resolve) => server.close(() => resolve()))
    this.update([])
    await gone
  }

  #accept(key: Uint8Array, socket: TLSSocket): Admission {
    const peer = this.#byKey.get(keyText(key))
    if (peer !== undefined && this.#conductOf(peer.address.id).resting(this.#nowMs()) !== null) return 'resting'
    // Of each pair only the lower id dials; a member that dials the wrong way round would make two links.
    if (this.#closed || peer === undefined || peer.address.id > this.#options.self.id) return 'unknown'
    peer.provenAt = socket.remoteAddress ?? null
    // A new connection means that the peer has given up the old one, of which we may not have heard yet.
    peer.link?.close(null)
    this.#adopt(peer, socket)
    return 'taken'
  }

  #isMembersAddress(address: string): boolean {
    const plain = address.replace(/^::ffff:/, '')
    for (const { address: known, provenAt } of this.#peers.values())
      if (provenAt === address || known.host === plain) return true
    return false
  }

  #dial(peer: Peer): void {
    if (this.#closed || peer.address.id < this.#options.self.id || !this.#isCurrent(peer)) return
    const { host, port, name, tlsPublicKey } = peer.address
    peer.cancel = dialPeer({
      identity: this.#options.self,
      host,
      port,
      name,
      key: tlsPublicKey,
      onConnected: (socket) => this.#adopt(peer, socket),
      onFailed: (error) => {
        peer.problem = error
        this.#retry(peer)
      },
    })
  }

  #retry(peer: Peer): void {
    if (this.#closed || peer.address.id < this.#options.self.id || !this.#isCurrent(peer)) return
    const now = this.#nowMs()
    const restMs = (this.#conductOf(peer.address.id).resting(now)?.untilMs ?? now) - now
    const timer = setTimeout(() => this.#dial(peer), Math.max(peer.backoff.nextMs(), restMs))
    peer.cancel = () => clearTimeout(timer)
  }

  #adopt(peer: Peer, socket: TLSSocket): void {
    const { self, clock, onFrame, onUp, onDown } = this.#options
    const { id } = peer.address
    peer.cancel = null
    const link = new PeerLink({
      socket,
      selfId: self.id,
      peerId: id,
      clock,
      queueBytesMax: this.#options.queueBytesMax ?? QUEUE_BYTES_MAX,
      charge: (type, bytes) => this.#charge(peer, type, bytes),
      peerName: peer.address.name,
      onFrame: (type, body, channel) => onFrame(id, type, body, channel),
      onChannel: (channel, isOpen) => this.#options.onChannel?.(id, channel, isOpen),
      onUp: () => {
        peer.problem = null
        peer.backoff.reset()
        onUp?.(id)
      },
      onClosed: (reason) => {
        const wasUp = peer.link === link && link.wasUp
        peer.lastContactUs = link.lastContactUs ?? peer.lastContactUs
        peer.droppedFrames += link.droppedFrames
        peer.problem = reason ?? (link.wasUp ? peer.problem : closedBeforeHello(peer.address))
        if (peer.link === link) peer.link = null
        if (wasUp) onDown?.(id, reason)
        if (isFault(reason)) this.refused(id, `broke the protocol (${reason.message})`)
        this.#retry(peer)
      },
    })
    peer.link = link
  }

  #charge(peer: Peer, type: FrameType, bytes: number): boolean {
    const { id } = peer.address
    const rest = this.#conductOf(id).frame(type, bytes, this.#nowMs(), this.#options.channelsWith?.(id) ?? 1)
    this.#leaveAlone(peer, rest)
    return rest === null
  }

  #leaveAlone(peer: Peer, rest: Rest | null): void {
    if (rest === null) return
    const { id, name } = peer.address
    const seconds = Math.ceil((rest.untilMs - this.#nowMs()) / 1000)
    const message = `Gateway "${name}" ${rest.reason}: it is left alone for ${seconds} s.`
    peer.problem = new ConsensusError('peer_resting', message)
    peer.link?.close(peer.problem)
    this.#options.onResting?.(id, rest.reason)
  }

  #conductOf(id: number): Conduct {
    const conduct = this.#conduct.get(id) ?? new Conduct()
    this.#conduct.set(id, conduct)
    return conduct
  }

  #nowMs(): number {
    return this.#options.clock.monotonicUs() / 1000
  }

  #tick(): void {
    for (const peer of this.#peers.values()) peer.link?.tick((this.#options.silentMsMax ?? SILENT_MS_MAX) * 1000)
  }

  #isCurrent(peer: Peer): boolean {
    return this.#peers.get(peer.address.id) === peer
  }
}

const FAULTS: ReadonlySet<string> = new Set(['frame_malformed', 'frame_too_large', 'peer_mismatch'])

function isFault(reason: Error | null): reason is Error {
  return reason instanceof ConsensusError && FAULTS.has(reason.code)
}

function closedBeforeHello(address: PeerAddress): ConsensusError {
  const message = `Gateway "${address.name}" at ${address.host}:${address.port} closed the connection before its hello. It may not know this gateway's key yet.`
  const next = 'It is tried again by itself; if it stays so, ask its owner whether this gateway is in the channel.'
  return new ConsensusError('peer_unreachable', message, undefined, next)
}

function sameAddress(a: PeerAddress, b: PeerAddress): boolean {
  return a.host === b.host && a.port === b.port && keyText(a.tlsPublicKey) === keyText(b.tlsPublicKey)
}

function keyText(key: Uint8Array): string {
  return Buffer.from(key).toString('hex')
}

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : 'peer_unreachable'
}
