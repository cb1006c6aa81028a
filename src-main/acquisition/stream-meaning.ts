/** What the readings of a tag come from, as the ledger has it: where each is read, and what is made of the bytes there. */
import type { SourceConfig } from './config.ts'
import { protocolOf } from './protocol.ts'

type Of<D extends SourceConfig['driver']> = Extract<SourceConfig, { driver: D }>
type TagOf<D extends SourceConfig['driver']> = Of<D>['tags'][number]

/** Field for field what `stream.opened` says under `meaning`. */
export interface TagMeaning {
  protocol: string
  address: Record<string, string>
  type: string | null
  order: string | null
  scale: string | null
  offset: string | null
  sign: 'signed' | 'unsigned' | null
  notAvailable: string[]
  deviceKey: string | null
}

/** The meanings of a source's tags, in their order. */
export function meaningsOf(source: SourceConfig): TagMeaning[] {
  switch (source.driver) {
    case 'opcua':
      return source.tags.map((tag) => ({
        ...plain(source),
        address: { endpoint: source.endpoint, node: tag.address.node },
      }))
    case 'modbus':
      return source.tags.map((tag) => modbusMeaning(source, tag))
    case 'serial':
      return source.tags.map((tag) => serialMeaning(source, tag))
  }
}

function modbusMeaning(source: Of<'modbus'>, { address }: TagOf<'modbus'>): TagMeaning {
  const { table, address: register, bit, registers, unit = source.unit } = address
  const isBits = table === 'coil' || table === 'discrete'
  const type = isBits ? 'bit' : (address.type ?? 'uint16')
  return {
    ...plain(source),
    address: {
      ...placeOf(source.connection),
      unit: String(unit),
      table,
      // As it stands on the wire, whatever the manual counts from.
      register: String(register - source.addressBase),
      ...(bit === undefined ? {} : { bit: String(bit) }),
      ...(registers === undefined ? {} : { registers: String(registers) }),
    },
    type,
    order: address.order ?? null,
    ...scaling(address),
    sign: isBits || !/^u?int/.test(type) ? null : type.startsWith('u') ? 'unsigned' : 'signed',
  }
}

function serialMeaning(source: Of<'serial'>, { address }: TagOf<'serial'>): TagMeaning {
  return {
    ...plain(source),
    address: {
      ...placeOf(source.connection),
      format: source.format,
      ...(source.pattern === undefined ? {} : { pattern: source.pattern }),
      ...(source.separator === undefined ? {} : { separator: source.separator }),
      ...(address.sentence === undefined ? {} : { sentence: address.sentence }),
      field: String(address.field),
    },
    ...scaling(address),
  }
}

function plain(source: SourceConfig): TagMeaning {
  return {
    protocol: protocolOf(source),
    address: {},
    type: null,
    order: null,
    scale: null,
    offset: null,
    sign: null,
    notAvailable: [],
    deviceKey: null,
  }
}

/** A serial line is where it is plugged in; everything else is a host and a port. */
function placeOf(connection: (Of<'modbus'> | Of<'serial'>)['connection']): Record<string, string> {
  if ('path' in connection) return { line: connection.path }
  return { host: connection.host, port: String(connection.port) }
}

function scaling({
  scale,
  offset,
}: {
  scale?: number | undefined
  offset?: number | undefined
}): Pick<TagMeaning, 'scale' | 'offset'> {
  return {
    scale: scale === undefined || scale === 1 ? null : decimal(scale),
    offset: offset === undefined || offset === 0 ? null : decimal(offset),
  }
}

/** The shortest decimal that reads back as the same number. */
function decimal(value: number): string {
  return String(value).replace('e+', 'e')
}
