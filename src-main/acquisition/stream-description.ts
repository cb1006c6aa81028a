import { labelOf, type Label } from '../wire/languages.ts'
import type { SourceConfig, TagConfig } from './config.ts'
import { mainText, translationsOf } from './config-naming.ts'
import type { ValueKind } from './config-tag.ts'

/** How much the way from the device to the gateway proves about who sent a value. */
export type Trust = 'unauthenticated' | 'authenticated channel'

/** What the ledger registers about a tag before its first reading; field for field what `stream.opened` says. */
export interface StreamDescription extends Label {
  source: string
  tag: string
  unit: string
  kind: ValueKind
  quantity: string
  protocol: string
  trust: Trust
  simulated: boolean
  range: [number, number] | null
  cadenceMs: number | null
  asset: string | null
}

/** The protocol of a source as people name it. */
export function protocolOf(source: SourceConfig): string {
  if (source.driver === 'opcua') return 'OPC UA'
  if (source.driver === 'serial') return `Serial, ${source.format}`
  return { tcp: 'Modbus TCP', rtu: 'Modbus RTU', 'rtu-over-tcp': 'Modbus RTU over TCP' }[source.connection.transport]
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
  return source.tags.map((tag) => ({
    source: source.id,
    tag: tag.id,
    ...labelOf({ label: mainText(tag.label), labels: translationsOf(tag.label) }),
    unit: tag.unit,
    kind: tag.kind,
    quantity: tag.quantity,
    protocol: protocolOf(source),
    trust: trustOf(source),
    simulated: isSimulated(source, tag),
    range: tag.range ?? null,
    cadenceMs: cadenceMsOf(source, tag),
    asset: tag.asset ?? null,
  }))
}
