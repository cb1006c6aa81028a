/** The record itself: blocks, entries, proofs, and the C2SP texts and tiles. */
import type { EntryDetail } from '../../endpoints/ledger-model.ts'
import type { Gateway } from '../../gateway/gateway.ts'
import { policyOf } from '../../gateway/policy.ts'
import { proofSteps } from '../../gateway/proof-steps.ts'
import { statementJson } from '../../gateway/statement-json.ts'
import { pinnedPolicies, describePolicy } from '../../gateway/trust-store.ts'
import { valueText } from '../../gateway/value-text.ts'
import { encodeEntryBundle, hashTile, parseTilePath, tileWidthAt, type Tile } from '../../proof/tiles.ts'
import { sha256, toHex } from '../../wire/bytes.ts'
import { parseEntry } from '../../wire/entry.ts'
import { decodePayload } from '../../wire/payload.ts'
import { statusName } from '../../wire/quality.ts'
import { ApiError } from '../api-error.ts'
import type { FileReply, Handlers } from '../handlers.ts'

const BLOCKS_LIMIT = 50
const ENTRIES_IN_BLOCK_MAX = 5_000
const READINGS_LIMIT = 500
const MAX_READINGS = 65_536
const TILE_WIDTH = 256

type Answers = Pick<
  Handlers,
  'blocks' | 'block' | 'entry' | 'proofSteps' | 'proofFile' | 'checkpoint' | 'tile' | 'entryBundle' | 'policy' | 'verifierPolicy'
>

export function ledgerAnswers(gateway: Gateway): Answers {
  const { reader } = gateway
  const names = (): Map<string, string> => new Map(reader.members().map((member) => [member.actor, member.name]))
  return {
    blocks: ({ query }) => ({
      blocks: reader.blocks(query.before ?? null, query.limit ?? BLOCKS_LIMIT),
      total: reader.blockCount(),
      sinceUs: reader.firstTimeUs(),
    }),
    block: ({ params }) => {
      const block = reader.block(params.height)
      if (block === null) throw notFound(`block ${params.height}`)
      const named = names()
      const entryList = reader
        .entryBriefs(block.firstEntry, Math.min(block.entries, ENTRIES_IN_BLOCK_MAX))
        .map(({ index, kind, type, actor, readings }) => ({ index, kind, ...(type === null ? {} : { type }), gateway: named.get(actor) ?? actor, readings }))
      const bad = gateway.finding?.firstBad.entry
      const changed = bad !== undefined && bad >= block.firstEntry && bad <= block.sealEntry
      return { ...block, entryList, ...(changed ? { changed } : {}) }
    },
    entry: ({ params, query }) => entryDetail(gateway, names(), params.index, query.from ?? 0, query.limit ?? READINGS_LIMIT),
    proofSteps: ({ body }) => {
      if (reader.entry(body.entry) === null) throw notFound(`entry ${body.entry}`)
      return proofSteps(gateway, body.entry, body.position)
    },
    proofFile: ({ params }) => ({ content: reader.tlogProof(params.index), fileName: `entry-${params.index}.tlog-proof` }),
    checkpoint: () => {
      const checkpoint = reader.checkpoint()
      if (checkpoint === null) throw new ApiError(404, 'not_found', 'there is no checkpoint yet', 'The first one comes with the first seal, about a second after the first reading.')
      return checkpoint.text
    },
    tile: ({ params }) => tile(gateway, params.level, params.index),
    entryBundle: ({ params }) => entryBundle(gateway, params.index),
    policy: () => policyOf(reader),
    verifierPolicy: () => {
      const own = describePolicy(policyOf(reader))
      const pinned = pinnedPolicies(gateway.folder.trust).filter((policy) => policy.fingerprint !== own.fingerprint)
      return { policies: [own, ...pinned] }
    },
  }
}

function entryDetail(gateway: Gateway, names: Map<string, string>, index: number, from: number, limit: number): EntryDetail {
  const { reader } = gateway
  const stored = reader.entry(index)
  if (stored === null) throw notFound(`entry ${index}`)
  const parsed = parseEntry(stored.bytes)
  const { json, sealedAtUs } = statementJson(parsed)
  const readings = stored.kind === 'batch' ? readingsOf(gateway, index, from, limit) : ({ payload: 'none' } as const)
  return {
    index,
    kind: stored.kind,
    ...(stored.type === null ? {} : { type: stored.type }),
    gateway: names.get(parsed.actor) ?? parsed.actor,
    keyId: parsed.keyId,
    hash: toHex(sha256(stored.bytes)),
    bytes: stored.bytes.length,
    statement: json,
    sealedAtUs,
    ...readings,
  }
}

function readingsOf(gateway: Gateway, index: number, from: number, limit: number): Pick<EntryDetail, 'payload' | 'readings' | 'readingsTotal'> {
  let payload: Uint8Array | null
  try {
    payload = gateway.reader.payload(index)
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
      const point = gateway.points.get(reading.stream)
      readings.push({
        position,
        stream: reading.stream,
        sequence: Number(reading.sequence),
        label: point?.label ?? reading.stream,
        unit: point?.unit ?? '',
        text: valueText(reading.value),
        sourceTimeUs: Number(reading.sourceTimeUs),
        quality: reading.quality,
        qualityText: statusName(reading.quality),
      })
    }
    position += 1
  }
  return { payload: 'present', readings, readingsTotal: decoded.count }
}

function tile(gateway: Gateway, level: number, path: string): FileReply<Uint8Array> {
  const { reader } = gateway
  const asked = parseTile(`tile/${level}/${path}`)
  const size = reader.newestSealSize()
  if (asked.width > tileWidthAt(asked.level, asked.index, size)) throw notFound(`tile ${level}/${path}`)
  return { content: hashTile(asked, reader.hashSource()), isFinal: asked.width === TILE_WIDTH }
}

function entryBundle(gateway: Gateway, path: string): FileReply<Uint8Array> {
  const { reader } = gateway
  const asked = parseTile(`tile/entries/${path}`)
  const size = reader.newestSealSize()
  if (asked.width > tileWidthAt('entries', asked.index, size)) throw notFound(`entry bundle ${path}`)
  const entries = reader.entryBytes(asked.index * TILE_WIDTH, asked.width)
  return { content: encodeEntryBundle(entries), isFinal: asked.width === TILE_WIDTH }
}

function parseTile(path: string): Tile {
  try {
    return parseTilePath(path)
  } catch (cause) {
    throw new ApiError(404, 'not_found', `${path}: ${(cause as Error).message}`, 'Tile paths are those of C2SP tlog-tiles.')
  }
}

function notFound(what: string): ApiError {
  return new ApiError(404, 'not_found', `there is no ${what} in this ledger`, 'GET /checkpoint says how far it reaches.')
}
