import { z } from 'zod'
import { host, intervalMs, oneOf, port, strictShape, text, whole } from './config-parts.ts'
import { scalingShape, sourceShape, tagShape } from './config-tag.ts'

/** A source without tags reads nothing, which is never what was meant. */
const tagsOf = <T extends z.ZodType>(tag: T) =>
  z
    .array(tag, 'tags must be a list.')
    .min(1, 'A source needs at least one tag: add one under "tags".')
    .max(20_000, 'A source may have at most 20,000 tags: split it.')

// ---------------------------------------------------------------- OPC UA

export const SECURITY_POLICIES = ['Aes256_Sha256_RsaPss', 'Aes128_Sha256_RsaOaep', 'Basic256Sha256'] as const
export type SecurityPolicyName = (typeof SECURITY_POLICIES)[number]

/** `ns=2;s=Speed`, `i=2258`, or with the namespace's URI, which survives a server that renumbers: `nsu=urn:plant;s=Speed`. */
const NODE_ID = /^(?:(?:ns=\d{1,5}|nsu=[^;]+);)?(?:i=\d{1,10}|s=.+|g=[0-9A-Fa-f-]{36}|b=[A-Za-z0-9+/=]+)$/

const opcuaAddress = strictShape('address', {
  node: text('address.node', 1000).regex(
    NODE_ID,
    'address.node must be a node id such as "nsu=urn:plant:filler;s=Speed", "ns=2;s=Speed" or "i=2258".',
  ),
  samplingIntervalMs: whole('address.samplingIntervalMs', 0, 3_600_000).optional(),
  /** Changes up to this much, absolute and in the tag's unit, are not reported by the server. */
  deadband: z.number('address.deadband must be a number.').positive('address.deadband must be above 0.').optional(),
})

const login = z.discriminatedUnion(
  'kind',
  [
    strictShape('login', { kind: z.literal('anonymous') }),
    strictShape('login', {
      kind: z.literal('user'),
      user: text('login.user'),
      /** A file that holds nothing but the password, readable by the gateway alone. */
      passwordFile: text('login.passwordFile', 4096),
    }),
  ],
  'login.kind must be "anonymous" or "user" (with user and passwordFile).',
)

export const opcuaSource = strictShape('source (driver opcua)', {
  ...sourceShape,
  driver: z.literal('opcua'),
  endpoint: text('endpoint', 500).regex(
    /^opc\.tcp:\/\/[^/\s:]+:\d{1,5}(?:\/\S*)?$/,
    'endpoint must look like "opc.tcp://10.20.4.13:4840" with host and port.',
  ),
  /** Signing and encryption are always on; this picks the algorithms. Without it the strongest that the server offers is taken. */
  securityPolicy: oneOf('security policy', SECURITY_POLICIES).optional(),
  /** SHA-256 of the server's certificate as compared with the machine: an explicit trust decision written down. */
  trustedFingerprint: text('trustedFingerprint', 200)
    .regex(
      /^[0-9A-Fa-f]{64}$/,
      "trustedFingerprint must be the 64 hexadecimal digits of the certificate's SHA-256, without spaces.",
    )
    .optional(),
  login: login.default({ kind: 'anonymous' }),
  publishingIntervalMs: intervalMs('publishingIntervalMs').default(1000),
  samplingIntervalMs: intervalMs('samplingIntervalMs').optional(),
  tags: tagsOf(strictShape('tag', { ...tagShape, address: opcuaAddress })),
})

// ---------------------------------------------------------------- Modbus

export const MODBUS_TABLES = ['holding', 'input', 'coil', 'discrete'] as const
export type ModbusTable = (typeof MODBUS_TABLES)[number]
export const MODBUS_TYPES = [
  'bit',
  'int16',
  'uint16',
  'int32',
  'uint32',
  'int64',
  'uint64',
  'float32',
  'float64',
  'bcd16',
  'bcd32',
  'string',
] as const
export type ModbusType = (typeof MODBUS_TYPES)[number]

/** Order of the bytes as they stand in the registers; A is the most significant. */
export const ORDERS_32 = ['ABCD', 'CDAB', 'BADC', 'DCBA'] as const
export const ORDERS_64 = ['ABCDEFGH', 'GHEFCDAB', 'BADCFEHG', 'HGFEDCBA', 'EFGHABCD', 'DCBAHGFE'] as const
const ORDERS = [...ORDERS_32, ...ORDERS_64] as const

const modbusAddress = strictShape('address', {
  table: oneOf('table', MODBUS_TABLES),
  /** As written in the device's manual; see the source's `addressBase`. */
  address: whole('address.address', 0, 65_536),
  /** uint16 unless said otherwise; not for tables of bits. */
  type: oneOf('type', MODBUS_TYPES).optional(),
  order: oneOf('order', ORDERS).optional(),
  /** For type `bit` in a register table: 0 is the least significant. */
  bit: whole('address.bit', 0, 15).optional(),
  /** For type `string`: how many registers. */
  registers: whole('address.registers', 1, 125).optional(),
  /** Default: the source's `unit`. */
  unit: whole('address.unit', 0, 255).optional(),
  intervalMs: intervalMs('address.intervalMs').optional(),
  ...scalingShape,
})

const serialLine = {
  path: text('path', 4096),
  baudRate: whole('baudRate', 50, 4_000_000).default(9600),
  dataBits: z.literal([5, 6, 7, 8], 'dataBits must be 5, 6, 7 or 8.').default(8),
  stopBits: z.literal([1, 1.5, 2], 'stopBits must be 1, 1.5 or 2.').default(1),
  parity: oneOf('parity', ['none', 'even', 'odd']).default('none'),
}

const modbusConnection = z.discriminatedUnion(
  'transport',
  [
    strictShape('connection', { transport: z.literal('tcp'), host, port: port.default(502) }),
    strictShape('connection', { transport: z.literal('rtu-over-tcp'), host, port }),
    strictShape('connection', { transport: z.literal('rtu'), ...serialLine }),
  ],
  'connection.transport must be "tcp", "rtu" (a serial line) or "rtu-over-tcp" (a serial server).',
)

export const modbusSource = strictShape('source (driver modbus)', {
  ...sourceShape,
  driver: z.literal('modbus'),
  connection: modbusConnection,
  /** Unit id (slave address) of tags that name none. */
  unit: whole('unit', 0, 255).default(1),
  /** 1 when the manual counts registers from 1. */
  addressBase: z.literal([0, 1], 'addressBase must be 0 or 1.').default(0),
  pollIntervalMs: intervalMs('pollIntervalMs').default(1000),
  timeoutMs: whole('timeoutMs', 50, 60_000).default(1000),
  /** Serial lines: a reply may come this late after its timeout; the line must be silent for longer before it is believed again. */
  latenessMs: whole('latenessMs', 50, 60_000).default(2000),
  /** Unused registers that may be read along so that two blocks become one; 0 switches it off. */
  gapFill: whole('gapFill', 0, 120).default(16),
  tags: tagsOf(strictShape('tag', { ...tagShape, address: modbusAddress })),
})

// ---------------------------------------------------------------- serial

export const CHECKSUMS = ['none', 'nmea', 'xor8', 'sum8', 'crc16-modbus', 'crc16-ccitt'] as const
export type ChecksumName = (typeof CHECKSUMS)[number]
export const LINE_FORMATS = ['nmea', 'key-value', 'csv', 'json', 'pattern'] as const
export type LineFormat = (typeof LINE_FORMATS)[number]
/** Longest frame: with its wrapping it must fit an evidence record, and a line without an end must not fill the memory. */
export const FRAME_BYTES_MAX = 4000

const framing = z.discriminatedUnion(
  'kind',
  [
    /** `delimiter` is hexadecimal: 0d0a is carriage return, line feed. */
    strictShape('framing', {
      kind: z.literal('delimiter'),
      delimiter: text('framing.delimiter', 32).regex(
        /^(?:[0-9a-fA-F]{2})+$/,
        'framing.delimiter must be hexadecimal bytes, for example "0d0a".',
      ),
    }),
    /** Needs a checksum that only the right place holds: nothing else tells where a frame begins. */
    strictShape('framing', { kind: z.literal('length'), bytes: whole('framing.bytes', 1, FRAME_BYTES_MAX) }),
    /** Everything up to and including a match is one frame. */
    strictShape('framing', { kind: z.literal('regex'), end: regularExpression('framing.end') }),
  ],
  'framing.kind must be "delimiter", "length" or "regex".',
)

const serialAddress = strictShape('address', {
  /** NMEA: the sentence, for example GGA (any talker) or GPGGA. */
  sentence: text('address.sentence', 10).optional(),
  /** key-value and json: the key (json: a path with dots). nmea and csv: the column, counted from 1. pattern: the group, counted from 1. */
  field: z.union(
    [text('address.field'), whole('address.field', 1, 200)],
    'address.field must be a key or a column counted from 1.',
  ),
  /** For a tag that comes more rarely than the line speaks. Default: the source's `staleAfterMs`. */
  staleAfterMs: whole('address.staleAfterMs', 100, 86_400_000).optional(),
  ...scalingShape,
})

export const serialSource = strictShape('source (driver serial)', {
  ...sourceShape,
  driver: z.literal('serial'),
  connection: strictShape('connection', serialLine),
  framing: framing.default({ kind: 'delimiter', delimiter: '0d0a' }),
  checksum: oneOf('checksum', CHECKSUMS).default('none'),
  format: oneOf('format', LINE_FORMATS),
  /** csv: what separates columns; key-value: what separates pairs. */
  separator: text('separator', 4).optional(),
  /** For format `pattern`: groups are the fields. */
  pattern: regularExpression('pattern').optional(),
  /** Without a good frame for this long the source counts as stale, and a tag without a value of its own is bad. */
  staleAfterMs: whole('staleAfterMs', 100, 86_400_000).default(5000),
  tags: tagsOf(strictShape('tag', { ...tagShape, address: serialAddress })),
})

/** A regular expression in JavaScript's syntax, at most 500 characters. */
function regularExpression(noun: string) {
  return text(noun, 500).superRefine((source, context) => {
    try {
      new RegExp(source, 'u')
    } catch (error) {
      context.addIssue({ code: 'custom', message: `${noun} is not a regular expression: ${(error as Error).message}` })
    }
  })
}
