/** Messages of the consensus core as bytes (eraftpb.proto of the crate raft-proto), for a member that writes its own. */

export const RAFT = { append: 3, appendResponse: 4, vote: 5, heartbeat: 8, heartbeatResponse: 9 } as const
/** What the core puts into the votes of a leadership that is handed over: they are answered without regard to a leader. */
export const CAMPAIGN_TRANSFER = Buffer.from('CampaignTransfer')

const MESSAGE = { type: 1, to: 2, from: 3, term: 4, logTerm: 5, index: 6, entries: 7, commit: 8, context: 12 } as const
const ENTRY = { term: 2, index: 3, data: 4 } as const

export interface RaftEntry {
  term: number
  index: number
  data: Uint8Array
}

export interface RaftMessage {
  type: number
  to: number
  from: number
  term: number
  logTerm?: number
  index?: number
  commit?: number
  entries?: RaftEntry[]
  context?: Uint8Array
}

export function encodeMessage(message: RaftMessage): Buffer {
  return Buffer.concat([
    ...(['type', 'to', 'from', 'term', 'logTerm', 'index', 'commit'] as const).map((name) =>
      number(MESSAGE[name], message[name] ?? 0),
    ),
    ...(message.entries ?? []).map(({ term, index, data }) =>
      bytes(
        MESSAGE.entries,
        Buffer.concat([number(ENTRY.term, term), number(ENTRY.index, index), bytes(ENTRY.data, data)]),
      ),
    ),
    bytes(MESSAGE.context, message.context ?? new Uint8Array(0)),
  ])
}

/** Null for what is no message of the core, as a report of what is applied. */
export function decodeMessage(body: Uint8Array): RaftMessage | null {
  const fields = fieldsOf(body)
  if (fields === null) return null
  const one = (name: Exclude<keyof typeof MESSAGE, 'entries' | 'context'>): number =>
    Number(fields.findLast(({ field }) => field === MESSAGE[name])?.value ?? 0)
  const entries = fields
    .filter(({ field }) => field === MESSAGE.entries)
    .flatMap(({ value }) => entryOf(value as Uint8Array) ?? [])
  return {
    type: one('type'),
    to: one('to'),
    from: one('from'),
    term: one('term'),
    logTerm: one('logTerm'),
    index: one('index'),
    commit: one('commit'),
    entries,
  }
}

function entryOf(body: Uint8Array): RaftEntry | null {
  const fields = fieldsOf(body)
  if (fields === null) return null
  const one = (field: number): number => Number(fields.find((found) => found.field === field)?.value ?? 0)
  const data = fields.find(({ field }) => field === ENTRY.data)?.value
  return { term: one(ENTRY.term), index: one(ENTRY.index), data: data instanceof Uint8Array ? data : new Uint8Array(0) }
}

function fieldsOf(body: Uint8Array): { field: number; value: bigint | Uint8Array }[] | null {
  const fields: { field: number; value: bigint | Uint8Array }[] = []
  let at = 0
  const varint = (): bigint => {
    let value = 0n
    for (let shift = 0n; ; shift += 7n) {
      const byte = body[at++] ?? 0
      value |= BigInt(byte & 127) << shift
      if (byte < 128) return value
    }
  }
  while (at < body.length) {
    const key = Number(varint())
    if (key % 8 === 0) fields.push({ field: key >> 3, value: varint() })
    else if (key % 8 === 2) {
      const length = Number(varint())
      fields.push({ field: key >> 3, value: body.subarray(at, at + length) })
      at += length
    } else return null
  }
  return fields
}

function number(field: number, value: number): Buffer {
  return value === 0 ? Buffer.alloc(0) : Buffer.concat([varintOf(field * 8), varintOf(value)])
}

function bytes(field: number, value: Uint8Array): Buffer {
  return value.length === 0 ? Buffer.alloc(0) : Buffer.concat([varintOf(field * 8 + 2), varintOf(value.length), value])
}

function varintOf(value: number): Buffer {
  const out: number[] = []
  let left = BigInt(value)
  for (; left >= 128n; left >>= 7n) out.push(Number(left & 127n) | 128)
  out.push(Number(left))
  return Buffer.from(out)
}
