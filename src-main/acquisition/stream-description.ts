import { labelOf, type Label } from '../wire/languages.ts'
import type { TrustLevel } from '../wire/stream-words.ts'
import type { SourceConfig, TagConfig } from './config.ts'
import { mainText, translationsOf } from './config-naming.ts'
import type { ValueKind } from './config-tag.ts'
import { meaningsOf } from './stream-meaning.ts'
import type { TagMeaning } from './stream-meaning.ts'

/** How much the way from the device to the gateway proves about who sent a value. */
export type Trust = Exclude<TrustLevel, 'signed by device'>

/** What the ledger registers about a tag before its first reading; field for field what `stream.opened` says. */
export interface StreamDescription extends Label {
  source: string
  tag: string
  unit: string
  kind: ValueKind
  quantity: string
  meaning: TagMeaning
  trust: Trust
  simulated: boolean
  range: [number, number] | null
  cadenceMs: number | null
  asset: string | null
}

/** OPC UA runs signed and encrypted between keys that both sides trust; the others take whatever answers. */
export function trustOf(source: SourceConfig): Trust {
  return source.driver === 'opcua' ? 'authenticated channel' : 'unauthenticated'
}

/** True when the values are made by a simulator: the tag's own word, else the source's. */
export function isSimulated(source: SourceConfig, tag: TagConfig): boolean {
  return tag.simulated ?? source.simulated
}

/** Milliseconds after which the next reading is expected, or null where values come when they change or please. */
export function cadenceMsOf(source: SourceConfig, tag: TagConfig): number | null {
  if (source.driver !== 'modbus') return null
  const address = tag.address as { intervalMs?: number }
  return address.intervalMs ?? source.pollIntervalMs
}

/** Everything the ledger registers about the tags of a source, in their order. */
export function describeStreams(source: SourceConfig): StreamDescription[] {
  const meanings = meaningsOf(source)
  return source.tags.map((tag, i) => ({
    source: source.id,
    tag: tag.id,
    ...labelOf({ label: mainText(tag.label), labels: translationsOf(tag.label) }),
    unit: tag.unit,
    kind: tag.kind,
    quantity: tag.quantity,
    meaning: meanings[i] as TagMeaning,
    trust: trustOf(source),
    simulated: isSimulated(source, tag),
    range: tag.range ?? null,
    cadenceMs: cadenceMsOf(source, tag),
    asset: tag.asset ?? null,
  }))
}
