/**
 * Events of an incarnation that ended before the ledger had them. They are signed again in the next one, as far as they still say
 * something: whoever asked for them may be gone.
 */
import type { Ledger } from '../../ledger/ledger.ts'
import { keyId } from '../../wire/ids.ts'
import { parseEntry } from '../../wire/entry.ts'
import { decodeBody, isCoreEvent } from '../../record/events.ts'
import type { CoreEvents, CoreEventType } from '../../record/kinds.ts'
import { isSameMeaning } from '../../record/stream-fields.ts'
import { decodeEvent } from '../../record/statements.ts'
import type { OwnBindings } from './own-bindings.ts'

const PAGE = 64
/** They are about the incarnation that they stood in. */
const OF_THEIR_TIME: ReadonlySet<CoreEventType> = new Set(['gateway.alive', 'gateway.resumed', 'channel.opened'])

export type EventAgain = {
  [T in CoreEventType]: { type: T; body: CoreEvents[T]; occurredAtUs: number }
}[CoreEventType]

/** To be signed as they come: what the later ones still say depends on those before. */
export function* eventsAgain(ledger: Ledger, bindings: OwnBindings): Generator<EventAgain> {
  for (let after = 0; ;) {
    const page = ledger.queue.refused(PAGE, after)
    for (const { entry, payload, reason } of page) {
      if (payload !== null || reason !== 'ended-incarnation') continue
      const { type, body, occurredAtUs } = decodeEvent(parseEntry(entry).payload)
      if (!isCoreEvent(type) || OF_THEIR_TIME.has(type)) continue
      const again = { type, body: decodeBody(type, body), occurredAtUs } as EventAgain
      if (!isSaid(ledger, bindings, again)) yield fromWhereItStands(ledger, again)
    }
    const last = page.at(-1)
    if (last === undefined) return
    after = last.id
  }
}

/** Whether what an event would say is said already, or what it would end no longer stands. */
export function isSaid(
  ledger: Ledger,
  bindings: OwnBindings,
  event: { type: CoreEventType; body: CoreEvents[CoreEventType] },
): boolean {
  const { type, body } = event as EventAgain
  if (type === 'key.rotated') return ledger.keyFrom(keyId(body.alg, body.public)) !== null
  if (type === 'asset.registered') return bindings.isRegistered(body.asset)
  if (type === 'stream.changed') return !isChange(ledger, body)
  if (type === 'stream.opened') return ledger.stream(body.stream) !== null
  if (type !== 'stream.bound' && type !== 'stream.unbound') return false
  return bindings.assetsOf(body.stream).includes(body.asset) === (type === 'stream.bound')
}

/** Whether the ledger has a stream still as it was before. */
function isChange(ledger: Ledger, { stream, old }: CoreEvents['stream.changed']): boolean {
  const meaning = ledger.stream(stream)?.meaning
  return meaning !== undefined && isSameMeaning(meaning, old)
}

/** A stream begins or ends no earlier than the ledger has come with it. */
function fromWhereItStands(ledger: Ledger, event: EventAgain): EventAgain {
  if (event.type === 'stream.opened' || event.type === 'stream.changed' || event.type === 'stream.bound') {
    const fromSequence = Math.max(event.body.fromSequence, ledger.streamCursor(event.body.stream))
    return { ...event, body: { ...event.body, fromSequence } } as EventAgain
  }
  if (event.type !== 'stream.unbound' && event.type !== 'stream.closed') return event
  const lastSequence = Math.max(event.body.lastSequence, ledger.streamCursor(event.body.stream) - 1)
  return { ...event, body: { ...event.body, lastSequence } } as EventAgain
}
