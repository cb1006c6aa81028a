import { parseEntry } from '../wire/entry.ts'
import type { ChannelId, LeafIndex, StreamId } from '../wire/ids.ts'
import type { CoreIds, CoreKind, CoreValues, StreamInterval } from '../record/core-state.ts'
import { decodeBody } from '../record/events.ts'
import { founded } from '../record/kinds/channel.ts'
import { decideEvent } from '../record/rules.ts'
import type { Rules } from '../record/rules.ts'
import type { StateValues, StateView } from '../record/state-view.ts'
import { decodeEvent } from '../record/statements.ts'

/**
 * Takes up what an accepted event leaves behind, by the rule that accepted it. False where a reader cannot follow it by itself: then
 * the next seal brings it.
 */
export function followEvent(values: StateValues, rules: Rules, index: LeafIndex, bytes: Uint8Array): boolean {
  const event = decodeEvent(parseEntry(bytes).payload)
  // A fence comes before every kind, and leaves nothing but its signer's chain.
  if (event.type === 'gateway.resumed') return true
  const decision =
    index === 0
      ? founded(decodeBody('channel.opened', event.body))
      : decideEvent(rules, new ReadView(values, event.channel, index), event)
  if (typeof decision === 'string') return false
  for (const change of decision) values.take(change)
  return true
}

/** The state as a reader knows it: values as of the newest seal, and the events since then. */
class ReadView implements StateView {
  readonly #values: StateValues
  readonly channel: ChannelId
  readonly index: LeafIndex

  constructor(values: StateValues, channel: ChannelId, index: LeafIndex) {
    this.#values = values
    this.channel = channel
    this.index = index
  }

  get<K extends CoreKind>(kind: K, id: CoreIds[K]): CoreValues[K] | undefined {
    return this.#values.get(kind, id)
  }

  // Sequences go on between seals, which no reader follows; the writer compared them.
  nextOf(): number {
    return 0
  }

  readonly compares = false
  valueHash(): null {
    return null
  }

  openStretches(): number {
    return 0
  }

  boundTo(stream: StreamId): string[] {
    const isOpen = (one: StreamInterval): boolean => one.stream === stream && one.lastSequence === null
    return [...this.#values.of('asset')].filter(([, { streams }]) => streams.some(isOpen)).map(([asset]) => asset)
  }
}
