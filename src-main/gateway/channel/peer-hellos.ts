import type { Ledger } from '../../ledger/ledger.ts'
import type { OnCondition } from '../conditions.ts'
import type { GatewayCore } from './core.ts'
import { parseHello, type PeerHello } from '../agreement/peer-hello.ts'

/** What a member tells of itself more often is passed over: looking into it costs signatures. It tells it again. */
const HELLO_MS_MIN = 100

export interface PeerHellosOptions {
  ledger: Pick<Ledger, 'members'>
  core: Pick<GatewayCore, 'agreement' | 'fault' | 'passedOver'>
  nowMs(): number
  nameOf(member: number): string
  onCondition: OnCondition
}

/** The newest of what each member told of itself. */
export class PeerHellos {
  readonly #o: PeerHellosOptions
  readonly #hellos = new Map<number, PeerHello>()
  readonly #heardMs = new Map<number, number>()
  /** Those whose last status was none. */
  readonly #unreadable = new Set<number>()

  constructor(options: PeerHellosOptions) {
    this.#o = options
  }

  get all(): ReadonlyMap<number, PeerHello> {
    return this.#hellos
  }

  receive(from: number, body: Uint8Array): void {
    const { ledger, core, nameOf, nowMs, onCondition } = this.#o
    if (nowMs() - (this.#heardMs.get(from) ?? Number.NEGATIVE_INFINITY) < HELLO_MS_MIN) return
    this.#heardMs.set(from, nowMs())
    const hello = parseHello(body)
    if (hello === null) return this.#noteUnreadable(from)
    if (this.#unreadable.delete(from)) onCondition('status-unreadable', nameOf(from), false)
    const member = ledger.members().find(({ raftId }) => raftId === from)
    if (member === undefined) return
    this.#hellos.set(from, hello)
    if (!core.agreement.heard(member, hello)) core.fault(from, 'positions_malformed', 'told positions that are none')
  }

  /** Of another version, or a lie. It ends no connection: what the two agree on goes on without it. */
  #noteUnreadable(from: number): void {
    this.#o.core.passedOver(from, 'told a status that cannot be read')
    if (this.#unreadable.has(from)) return
    this.#unreadable.add(from)
    this.#o.onCondition('status-unreadable', this.#o.nameOf(from), true)
  }
}
