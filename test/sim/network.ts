import type { Prng } from './prng.ts'
import type { Schedule } from './schedule.ts'

export interface Packet {
  from: number
  to: number
  kind: 'raft' | 'forward' | 'memory'
  bytes: Uint8Array
  /** Start of the sender's process, and the start of the receiver's that the sender knew of: a connection is between two processes. */
  life: number
  peerLife: number
}

/** How bad the network of one run is. Probabilities per packet, delays in milliseconds. */
export interface NetworkWeather {
  drop: number
  duplicate: number
  delayMsMax: number
  /** Some packets take much longer, so that they arrive after later ones. */
  straggle: number
  straggleMsMax: number
}

const CALM: NetworkWeather = { drop: 0, duplicate: 0, delayMsMax: 5, straggle: 0, straggleMsMax: 0 }

/** A network that loses, repeats, delays, reorders and cuts links, each direction by itself. */
export class Network {
  readonly #schedule: Schedule
  readonly #prng: Prng
  readonly #deliver: (packet: Packet) => void
  #weather: NetworkWeather
  readonly #cut = new Set<string>()

  constructor(schedule: Schedule, prng: Prng, weather: NetworkWeather, deliver: (packet: Packet) => void) {
    this.#schedule = schedule
    this.#prng = prng
    this.#weather = weather
    this.#deliver = deliver
  }

  send(packet: Packet): void {
    if (this.#cut.has(direction(packet.from, packet.to))) return
    if (this.#prng.chance(this.#weather.drop)) return
    const copies = this.#prng.chance(this.#weather.duplicate) ? 2 : 1
    for (let copy = 0; copy < copies; copy++) this.#schedule.after(this.#delayMs(), () => this.#arrive(packet))
  }

  /** Cuts one direction of one link, also for what is on its way. */
  cut(from: number, to: number): void {
    this.#cut.add(direction(from, to))
  }

  isolate(node: number, others: readonly number[]): void {
    for (const other of others) {
      if (other === node) continue
      this.cut(node, other)
      this.cut(other, node)
    }
  }

  restore(): void {
    this.#cut.clear()
  }

  /** From now on everything arrives, soon and in good order. */
  heal(): void {
    this.restore()
    this.#weather = CALM
  }

  #arrive(packet: Packet): void {
    if (!this.#cut.has(direction(packet.from, packet.to))) this.#deliver(packet)
  }

  #delayMs(): number {
    const { delayMsMax, straggle, straggleMsMax } = this.#weather
    return this.#prng.chance(straggle) ? this.#prng.int(0, straggleMsMax) : this.#prng.int(0, delayMsMax)
  }
}

function direction(from: number, to: number): string {
  return `${from}>${to}`
}
