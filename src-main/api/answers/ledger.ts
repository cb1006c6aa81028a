/** The record itself: blocks, entries, proofs, and the C2SP texts and tiles. */
import type { Block, EntryDetail } from '../../endpoints/ledger-model.ts'
import type { Channel } from '../../gateway/channel.ts'
import { policyOf } from '../../gateway/agreement/policy.ts'
import { proofSteps } from '../../gateway/evidence/proof-steps.ts'
import { statementJson } from '../../gateway/show/statement-json.ts'
import { tileOf } from '../../gateway/evidence/tiles.ts'
import { pinnedPolicies, describePolicy } from '../../gateway/evidence/trust-store.ts'
import { valueText } from '../../gateway/show/value-text.ts'
import { sha256, toHex } from '../../wire/bytes.ts'
import { parseEntry } from '../../wire/entry.ts'
import { labelOf } from '../../wire/languages.ts'
import { decodePayload } from '../../wire/payload.ts'
import { statusName } from '../../wire/quality.ts'
import { ApiError } from '../api-error.ts'
import type { FileReply, Handlers } from '../handlers.ts'

const BLOCKS_LIMIT = 50
const READINGS_LIMIT = 500
const MAX_READINGS = 65_536

type Answers = Pick<
  Handlers,
  | 'blocks'
  | 'block'
  | 'entry'
  | 'proofSteps'
  | 'proofFile'
  | 'checkpoint'
  | 'tile'
  | 'entryBundle'
  | 'policy'
  | 'verifierPolicy'
>

export function ledgerAnswers(channel: Channel): Answers {
  const { reader } = channel
  const names = (): ReadonlyMap<string, string> => reader.state.names()
  return {
    blocks: ({ query }) => {
      const { blocks, total } = reader.blocks.blocks(query.limit ?? BLOCKS_LIMIT, query.before)
      return { blocks: blocks.map((block) => namedBlock(block, reader.origin)), total, sinceUs: reader.firstTimeUs() }
    },
    block: ({ params }) => {
      const block = reader.blocks.block(params.height)
      if (block === null) throw notFound(`block ${params.height}`)
      const named = names()
      const entryList = reader.entries
        .entries(block.firstEntry, block.entries)
        .map(({ index, kind, type, actor, readings, cameTo }) => ({
          index,
          kind,
          ...(type === null ? {} : { type }),
          ...(cameTo === null || cameTo === 'done' ? {} : { cameTo }),
          gateway: named.get(actor) ?? actor,
          readings,
        }))
      const bad = channel.record.finding?.firstBad.entry
      const changed = bad !== undefined && bad >= block.firstEntry && bad <= block.sealEntry
      return { ...namedBlock(block, reader.origin), entryList, ...(changed ? { changed } : {}) }
    },
    entry: ({ params, query }) =>
      entryDetail(channel, names(), params.index, query.from ?? 0, query.limit ?? READINGS_LIMIT),
    proofSteps: ({ body }) => {
      if (reader.entries.entry(body.entry) === null) throw notFound(`entry ${body.entry}`)
      return proofSteps(channel, body.entry, body.position)
    },
    proofFile: ({ params }) => ({
      content: reader.tlogProof(params.index),
      fileName: `entry-${params.index}.tlog-proof`,
    }),
    checkpoint: () => {
      const checkpoint = reader.checkpoint()
      if (checkpoint === null)
        throw new ApiError(
          404,
          'no_checkpoint',
          'there is no checkpoint yet',
          'The first one comes with the first seal, about a second after the first reading.',
        )
      return checkpoint.text
    },
    tile: ({ params }) => tile(channel, `tile/${params.level}/${params.index}`),
    entryBundle: ({ params }) => tile(channel, `tile/entries/${params.index}`),
    policy: () => policyOf(reader),
    verifierPolicy: () => {
      const own = describePolicy(policyOf(reader))
      const pinned = pinnedPolicies(channel.folder.trust).filter((policy) => policy.fingerprint !== own.fingerprint)
      return { policies: [own, ...pinned] }
    },
  }
}

/** Cosigners by the names of their gateways: the part of the key name behind the origin. */
export function namedBlock(block: Block, origin: string): Block {
  const prefix = `${origin}/`
  return {
    ...block,
    cosigners: block.cosigners.map((name) => (name.startsWith(prefix) ? name.slice(prefix.length) : name)),
  }
}

function entryDetail(
  channel: Channel,
  names: ReadonlyMap<string, string>,
  index: number,
  from: number,
  limit: number,
): EntryDetail {
  const { reader } = channel
  const stored = reader.entries.entry(index)
  if (stored === null) throw notFound(`entry ${index}`)
  const parsed = parseEntry(stored.bytes)
  const { json, sealedAtUs } = statementJson(parsed)
  const readings = stored.kind === 'batch' ? readingsOf(channel, index, from, limit) : ({ payload: 'none' } as const)
  return {
    index,
    kind: stored.kind,
    ...(stored.type === null ? {} : { type: stored.type }),
    ...(stored.cameTo === null ? {} : { cameTo: stored.cameTo, findings: [...stored.findings] }),
    gateway: names.get(parsed.actor) ?? parsed.actor,
    keyId: parsed.keyId,
    hash: toHex(sha256(stored.bytes)),
    bytes: stored.bytes.length,
    statement: json,
    sealedAtUs,
    ...readings,
  }
}

function readingsOf(
  channel: Channel,
  index: number,
  from: number,
  limit: number,
): Pick<EntryDetail, 'payload' | 'readings' | 'readingsTotal'> {
  let payload: Uint8Array | null
  try {
    payload = channel.reader.payload(index)
  } catch {
    return { payload: 'unreadable' }
  }
  if (payload === null) return { payload: 'missing' }
  const decoded = decodePayload(payload, { maxReadings: MAX_READINGS })
  const readings: NonNullable<EntryDetail['readings']> = []
  let position = 0
  for (const reading of decoded.readings()) {
    if (position >= from + limit) break
    if (position >= from) {
      const point = channel.points.get(reading.stream)
      readings.push({
        position,
        stream: reading.stream,
        sequence: reading.sequence,
        ...labelOf(point ?? { label: reading.stream }),
        unit: point?.unit ?? '',
        text: valueText(reading.value),
        sourceTimeUs: reading.sourceTimeUs,
        quality: reading.quality,
        qualityText: statusName(reading.quality),
      })
    }
    position += 1
  }
  return { payload: 'present', readings, readingsTotal: decoded.count }
}

function tile(channel: Channel, path: string): FileReply<Uint8Array> {
  let served: ReturnType<typeof tileOf>
  try {
    served = tileOf(channel.reader, path)
  } catch (cause) {
    throw new ApiError(
      404,
      'unknown_tile',
      `${path}: ${(cause as Error).message}`,
      'Tile paths are those of C2SP tlog-tiles.',
    )
  }
  if (served === null) throw notFound(path)
  return { content: served.bytes, isFinal: served.isFinal }
}

function notFound(what: string): ApiError {
  return new ApiError(
    404,
    'unknown_entry',
    `there is no ${what} in this ledger`,
    'GET /checkpoint says how far it reaches.',
  )
}
