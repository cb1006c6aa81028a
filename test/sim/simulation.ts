/**
 * Three gateways in virtual time under a seed: everything but disk, network and clock is the product's own code.
 *
 * First a time in which processes end, links fail and messages get lost, repeated and late; then everything heals, and whatever
 * was promised must be there, and everything must go on. The same seed gives the same trace.
 */
import { createHash } from 'node:crypto'
import { loadAddon } from '../../native/addon.ts'
import { Network, type NetworkWeather, type Packet } from './network.ts'
import { Oracle, Violation } from './oracle.ts'
import type { PlantedBug } from './planted-bugs.ts'
import { Prng } from './prng.ts'
import { Schedule } from './schedule.ts'
import { NODE_IDS, simChannel } from './sim-channel.ts'
import { SimNode } from './sim-node.ts'

const TICK_MS = 100

export interface SimulationOptions {
  /** How long things go wrong. */
  chaosMs?: number
  /** How long the healed gateways may take to agree on everything. */
  healMs?: number
  /** Mean time between statements of one gateway. */
  demandEveryMs?: number
  /** Bounds of the probability that a transaction is where a process ends. */
  crashAtCommit?: { min: number; max: number }
  /** Probability that a process ends right after it has sent a vote for another. */
  crashAtVote?: number
  /** Probability that power is cut where a process ends, and that an older copy of one of its files is put back there. */
  powerCut?: number
  throwBack?: number
  /** Instead of trouble at random: what an older disk is dangerous for, again and again. */
  plot?: 'a stale pair' | 'an old leader'
  /** Log entries that each keeps although all have them. */
  keptEntries?: number
  /** Election timeouts lie between 10 ticks and this; the closer, the more often votes split. */
  electionTicksMax?: number
  /** A process that ended is started again within this time, in half of the cases within 100 ms. */
  restartMsMax?: number
  weather?: NetworkWeather
  bug?: PlantedBug | null
  /** Called with every line of the trace. */
  onTrace?: (line: string) => void
}

export interface SimulationReport {
  seed: number
  /** SHA-256 over everything that happened, in order. */
  traceHash: string
  /** What did not hold, or null. */
  failure: string | null
  virtualMs: number
  events: number
  starts: number
  terms: number
  leaves: number
  acknowledged: number
  /** How often a gateway that had lost its memory knew everything again. */
  comebacks: number
}

export function simulate(seed: number, options: SimulationOptions = {}): SimulationReport {
  const simulation = new Simulation(seed, options)
  let failure: string | null = null
  try {
    simulation.run()
  } catch (error) {
    failure = error instanceof Violation ? error.message : describe(error)
  }
  return simulation.report(failure)
}

class Simulation {
  readonly #seed: number
  readonly #options: SimulationOptions
  readonly #schedule = new Schedule()
  readonly #prng: Prng
  readonly #network: Network
  readonly #oracle: Oracle
  readonly #nodes: SimNode[]
  readonly #hash = createHash('sha256')
  readonly #pausedUntilMs = new Map<number, number>()
  readonly #downUntilMs = new Map<number, number>()
  #crashAtCommit: number
  #healed = false
  #events = 0
  #starts = 0

  constructor(seed: number, options: SimulationOptions) {
    this.#seed = seed
    this.#options = options
    this.#prng = new Prng(seed, 1)
    const addon = loadAddon()
    const channel = simChannel(addon)
    this.#oracle = new Oracle((bytes) => addon.sha256(bytes), channel.genesisHash)
    const weather = options.weather ?? makeWeather(new Prng(seed, 2))
    const { min, max } = options.crashAtCommit ?? { min: 0, max: 0.03 }
    this.#crashAtCommit = min + this.#prng.float() * (max - min)
    this.#network = new Network(this.#schedule, new Prng(seed, 3), weather, (packet) => this.#deliver(packet))
    const world = {
      addon,
      channel,
      oracle: this.#oracle,
      bug: options.bug ?? null,
      keptEntries: options.keptEntries ?? 16,
      electionTicksMax: options.electionTicksMax ?? 19,
      nowMs: () => this.#schedule.nowMs,
      send: (packet: Packet) => this.#network.send(packet),
      trace: (what: string) => this.#trace(what),
      crashAtCommit: () => this.#crashAtCommit,
      crashAtVote: () => (this.#healed ? 0 : (options.crashAtVote ?? 0)),
      powerCut: () => options.powerCut ?? 0,
      throwBack: () => (this.#healed || this.#oracle.forgetful.size > 0 ? 0 : (options.throwBack ?? 0)),
    }
    this.#nodes = [...channel.gateways.values()].map(
      (gateway) => new SimNode({ ...world, prng: new Prng(seed, 10 + gateway.id) }, gateway),
    )
  }

  run(): void {
    for (const node of this.#nodes) {
      this.#start(node)
      this.#tickLater(node)
      this.#demandLater(node)
    }
    const { chaosMs = 10_000, healMs = 60_000 } = this.#options
    this.#chaosLater()
    this.#runUntil(chaosMs, () => false)
    this.#heal()
    const agreed = this.#runUntil(chaosMs + healMs, () => this.#agreed())
    if (!agreed) throw new Violation(`healed gateways do not go on: ${this.#nodes.map(stateOf).join('; ')}`)
    const made = new Map(
      this.#nodes.map(({ gateway, firstSequence, madeNext }) => [
        gateway.actor as string,
        { first: firstSequence, next: madeNext },
      ]),
    )
    this.#oracle.concluded(
      this.#nodes.flatMap(({ ledger }) => (ledger === null ? [] : [ledger])),
      made,
    )
  }

  report(failure: string | null): SimulationReport {
    for (const node of this.#nodes) node.stop()
    const { leaves, acknowledged, terms, comebacks } = this.#oracle
    const traceHash = this.#hash.digest('hex')
    const virtualMs = Math.round(this.#schedule.nowMs)
    return {
      seed: this.#seed,
      traceHash,
      failure,
      virtualMs,
      events: this.#events,
      starts: this.#starts,
      terms,
      leaves,
      acknowledged,
      comebacks,
    }
  }

  #runUntil(endMs: number, done: () => boolean): boolean {
    for (;;) {
      if (this.#events % 64 === 0 && done()) return true
      if (!this.#schedule.step(endMs)) return done()
      this.#events += 1
      this.#restartFallen()
    }
  }

  #start(node: SimNode): void {
    this.#starts += 1
    node.start()
  }

  readonly #restarting = new Set<number>()

  #restartFallen(): void {
    for (const node of this.#nodes) {
      if (node.up || this.#restarting.has(node.id)) continue
      this.#restarting.add(node.id)
      const quick = this.#healed || this.#prng.chance(0.5)
      const soonMs = this.#prng.int(1, Math.min(quick ? 100 : 3_000, this.#options.restartMsMax ?? 3_000))
      const downMs = this.#healed ? 0 : (this.#downUntilMs.get(node.id) ?? 0) - this.#schedule.nowMs
      const delayMs = Math.max(soonMs, downMs)
      this.#schedule.after(delayMs, () => {
        this.#restarting.delete(node.id)
        this.#start(node)
      })
    }
  }

  #tickLater(node: SimNode): void {
    // Clocks of different machines run at slightly different speeds.
    this.#schedule.after(TICK_MS * (0.97 + 0.06 * this.#prng.float()), () => {
      if (!this.#isPaused(node.id)) node.tick()
      this.#tickLater(node)
    })
  }

  #demandLater(node: SimNode): void {
    const every = this.#options.demandEveryMs ?? 400
    this.#schedule.after(this.#prng.int(1, 2 * every), () => {
      if (this.#healed) return
      if (!this.#isPaused(node.id)) node.demand()
      this.#demandLater(node)
    })
  }

  #deliver(packet: Packet): void {
    const until = this.#pausedUntilMs.get(packet.to) ?? 0
    if (until > this.#schedule.nowMs) {
      this.#schedule.after(until - this.#schedule.nowMs, () => this.#deliver(packet))
      return
    }
    const node = this.#nodes.find(({ id }) => id === packet.to) as SimNode
    this.#hash.update(packet.bytes)
    this.#trace(`deliver ${packet.from}>${packet.to} ${packet.kind} ${packet.bytes.length}`)
    node.deliver(packet)
  }

  #chaosLater(): void {
    const { plot } = this.#options
    if (plot !== undefined) return this.#plotLater(plot)
    this.#schedule.after(this.#prng.int(50, 1_500), () => {
      if (this.#healed) return
      this.#chaos()
      this.#chaosLater()
    })
  }

  #plotLater(plot: 'a stale pair' | 'an old leader'): void {
    this.#schedule.after(this.#prng.int(1_500, 4_000), () => {
      if (this.#healed) return
      const ready = this.#oracle.forgetful.size === 0 && this.#nodes.every(({ up }) => up)
      if (ready && plot === 'a stale pair') this.#stalePair()
      else if (ready) this.#oldLeader()
      this.#plotLater(plot)
    })
  }

  /** Two commit while the third is away; then one of them comes back with an older disk, the other not at all, and the third again. */
  #stalePair(): void {
    const [old, gone, away] = this.#prng.shuffle(this.#nodes) as [SimNode, SimNode, SimNode]
    this.#trace(`plot: ${old.id} old, ${gone.id} gone, ${away.id} away`)
    old.copyDisk()
    this.#network.isolate(away.id, NODE_IDS)
    this.#schedule.after(2_500, () => {
      if (this.#healed || this.#oracle.forgetful.size > 0) return
      this.#downUntilMs.set(gone.id, this.#schedule.nowMs + 3_000)
      gone.stop()
      old.stop(true)
      this.#network.restore()
    })
  }

  /** A leader is cut off and another elected; one that voted for it comes back with a disk from before, and hears the first alone. */
  #oldLeader(): void {
    const leader = this.#nodes.find(({ leads }) => leads)
    if (leader === undefined) return
    const others = this.#nodes.filter((node) => node !== leader)
    this.#trace(`plot: ${leader.id} leads`)
    for (const node of others) node.copyDisk()
    this.#schedule.after(1_300, () => {
      if (!this.#healed) this.#network.isolate(leader.id, NODE_IDS)
    })
    this.#watchFor(3_000, () => {
      const next = others.find(({ leads }) => leads)
      const voter = others.find((node) => node !== next)
      if (next === undefined || voter === undefined || this.#oracle.forgetful.size > 0) return false
      this.#network.restore()
      this.#network.isolate(next.id, NODE_IDS)
      voter.stop(true)
      for (let i = 0; i < 5; i++) leader.demand()
      this.#schedule.after(1_500, () => this.#network.restore())
      return true
    })
  }

  /** Looks every few milliseconds whether it is time. */
  #watchFor(withinMs: number, act: () => boolean): void {
    this.#schedule.after(5, () => {
      if (this.#healed || act()) return
      if (withinMs > 0) this.#watchFor(withinMs - 5, act)
      else this.#network.restore()
    })
  }

  #chaos(): void {
    const node = this.#prng.pick(this.#nodes)
    const other = this.#prng.pick(this.#nodes)
    const kind = this.#prng.pick(['isolate', 'cut', 'cut', 'restore', 'restore', 'stop', 'depose', 'pause'] as const)
    this.#trace(`chaos ${kind} ${node.id} ${other.id}`)
    if (kind === 'isolate') this.#network.isolate(node.id, NODE_IDS)
    else if (kind === 'cut') this.#network.cut(node.id, other.id)
    else if (kind === 'restore') this.#network.restore()
    else if (kind === 'stop') node.stop()
    else if (kind === 'depose') this.#nodes.find(({ leads }) => leads)?.stop()
    else this.#pausedUntilMs.set(node.id, this.#schedule.nowMs + this.#prng.int(100, 2_500))
  }

  #heal(): void {
    this.#trace('heal')
    this.#healed = true
    this.#crashAtCommit = 0
    this.#pausedUntilMs.clear()
    this.#network.heal()
  }

  #agreed(): boolean {
    const sizes = new Set(this.#nodes.map(({ ledger }) => ledger?.size ?? -1))
    return sizes.size === 1 && this.#nodes.every((node) => !node.busy && node.ledger?.sealDue() === false)
  }

  #isPaused(id: number): boolean {
    return (this.#pausedUntilMs.get(id) ?? 0) > this.#schedule.nowMs
  }

  #trace(what: string): void {
    const line = `${this.#schedule.nowMs.toFixed(3)} ${what}`
    this.#hash.update(line)
    this.#options.onTrace?.(line)
  }
}

function makeWeather(prng: Prng): NetworkWeather {
  return {
    drop: prng.chance(0.3) ? 0 : prng.float() * 0.15,
    duplicate: prng.chance(0.5) ? 0 : prng.float() * 0.1,
    delayMsMax: prng.pick([2, 20, 60]),
    straggle: prng.chance(0.4) ? 0 : prng.float() * 0.1,
    straggleMsMax: prng.pick([200, 1_000, 3_000]),
  }
}

function stateOf(node: SimNode): string {
  const { ledger } = node
  return ledger === null ? `${node.id} down` : `${node.id} has ${ledger.size} leaves, ${ledger.queue.count()} queued`
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const cause = error.cause instanceof Error ? ` <- ${describe(error.cause)}` : ''
  return `${error.name}: ${error.message}${cause}`
}
