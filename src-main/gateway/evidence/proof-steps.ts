/**
 * Proves one reading, or one whole entry, again: from the bytes on disk through a connection opened for this purpose, one
 * named step after the other. A step that fails says what was expected and what was found, and ends the proof.
 */
import { loadAddon, type Addon } from '../../../native/addon.ts'
import type { ProofSteps } from '../../endpoints/ledger-model.ts'
import { openReader, type LedgerReader } from '../../ledger/reader.ts'
import { formatCheckpoint } from '../../proof/checkpoint.ts'
import { evaluatePolicy, parsePolicy } from '../../proof/policy.ts'
import { parseCheckpoint } from '../../proof/checkpoint.ts'
import { leafHash, verifyInclusion } from '../../proof/merkle.ts'
import { equalBytes, sha256, toHex } from '../../wire/bytes.ts'
import { parseEntry, type Entry } from '../../wire/entry.ts'
import { labelOf } from '../../wire/languages.ts'
import { decodeLeaf } from '../../wire/reading.ts'
import { statementOf, type BatchHeader } from '../../record/statements.ts'
import { policyOf } from '../agreement/policy.ts'
import { valueText } from '../show/value-text.ts'
import type { Channel } from '../channel.ts'
import { originOf } from '../../wire/origin.ts'

type Step = ProofSteps['steps'][number]
type Id = Step['id']

const TITLES: readonly (readonly [Id, string])[] = [
  ['file-read', 'File read'],
  ['fingerprint', 'Fingerprint'],
  ['signature', 'Signature'],
  ['in-batch', 'In batch'],
  ['in-block', 'In block'],
  ['peers-agree', 'Peers agree'],
  ['key-valid', 'Key valid then'],
]
const MAX_READINGS = 65_536

/** What stops a proof: shown as it is. */
class Stop extends Error {
  readonly expected: string | undefined
  readonly actual: string | undefined

  constructor(detail: string, expected?: string, actual?: string) {
    super(detail)
    this.expected = expected
    this.actual = actual
  }
}

/** Something is not there yet: neither holds nor stops. */
class Wait extends Error {}

type Found = Pick<Step, 'detail'> & Partial<Pick<Step, 'figures' | 'path' | 'root'>>

export function proofSteps(channel: Channel, index: number, position: number | null): ProofSteps {
  const startedMs = performance.now()
  const reader = openReader(channel.folder.ledger, { onDamaged: (error) => channel.record.damaged(error) })
  try {
    const proof = new Proof(reader, loadAddon(), index, position)
    const steps = proof.run()
    const verdict = steps.some((step) => step.state === 'stops')
      ? 'changed'
      : steps.some((step) => step.state !== 'holds')
        ? 'cannot-tell'
        : 'unchanged'
    return {
      verdict,
      tookMs: Math.round((performance.now() - startedMs) * 10) / 10,
      entry: index,
      block: reader.blocks.blockOf(index)?.height ?? null,
      reading: readingOf(channel, proof.leaf),
      steps,
    }
  } finally {
    reader.close()
  }
}

function readingOf(channel: Channel, leaf: ReturnType<typeof decodeLeaf> | null): ProofSteps['reading'] {
  if (leaf === null) return null
  const stream = channel.reader.stream(leaf.stream)
  const point = channel.points.get(leaf.stream)
  return {
    ...labelOf(point ?? { label: leaf.stream }),
    text: valueText(leaf.value),
    unit: point?.unit ?? '',
    sourceTimeUs: leaf.sourceTimeUs,
    ...(stream === null ? {} : { source: stream.source, protocol: stream.meaning.protocol }),
    trust: stream?.trust ?? 'unauthenticated',
    raw: null,
    simulated: stream?.simulated ?? false,
    calibration: null,
  }
}

class Proof {
  readonly #reader: LedgerReader
  readonly #addon: Addon
  readonly #index: number
  readonly #position: number | null
  #entry: Entry | null = null
  #payload: Uint8Array | null = null
  leaf: ReturnType<typeof decodeLeaf> | null = null

  constructor(reader: LedgerReader, addon: Addon, index: number, position: number | null) {
    this.#reader = reader
    this.#addon = addon
    this.#index = index
    this.#position = position
  }

  run(): Step[] {
    const work: Record<Id, () => Found> = {
      'file-read': () => this.#fileRead(),
      fingerprint: () => this.#fingerprint(),
      signature: () => this.#signature(),
      'in-batch': () => this.#inBatch(),
      'in-block': () => this.#inBlock(),
      'peers-agree': () => this.#peersAgree(),
      'key-valid': () => this.#keyValid(),
    }
    let ended = false
    return TITLES.map(([id, title]): Step => {
      if (ended) return { id, title, state: 'not-run', detail: 'not run' }
      try {
        return { id, title, state: 'holds', ...work[id]() }
      } catch (error) {
        if (error instanceof Wait) return { id, title, state: 'waits', detail: error.message }
        ended = true
        const { expected, actual } = error instanceof Stop ? error : { expected: undefined, actual: undefined }
        return {
          id,
          title,
          state: 'stops',
          detail: (error as Error).message,
          ...(expected === undefined ? {} : { expected }),
          ...(actual === undefined ? {} : { actual }),
        }
      }
    })
  }

  #fileRead(): Found {
    const stored = this.#reader.entries.entry(this.#index)
    if (stored === null) throw new Stop(`entry ${this.#index} is not there`)
    this.#entry = parseEntry(stored.bytes)
    const bytes = stored.bytes.length + (this.#reader.entries.storedPayload(this.#index)?.length ?? 0)
    return { detail: `${bytes} bytes, as stored`, figures: { bytes } }
  }

  /** Entries other than batches have no payload: their fingerprint is the log leaf, which `in-block` proves. */
  #fingerprint(): Found {
    const entry = this.#opened()
    const header = headerOf(entry)
    if (header === null) {
      const hash = toHex(sha256(entry.bytes))
      return { detail: hash.slice(0, 8), figures: { hash } }
    }
    const stored = this.#reader.entries.storedPayload(this.#index)
    if (stored === null) throw new Wait('the payload is not kept here any more')
    const actual = sha256(stored)
    if (!equalBytes(actual, header.payloadHash))
      throw new Stop('the stored readings are not those that were signed', toHex(header.payloadHash), toHex(actual))
    this.#payload = this.#reader.payload(this.#index)
    return { detail: `equal, ${toHex(actual).slice(0, 8)}`, figures: { hash: toHex(actual) } }
  }

  #signature(): Found {
    const entry = this.#opened()
    const { key, name } = this.#signer(entry)
    if (!this.#addon.verify(key.alg, key.public, entry.sigStructure, entry.signature))
      throw new Stop(
        `the signature is not by ${name} over these bytes`,
        `a signature by ${key.keyId}`,
        toHex(entry.signature).slice(0, 32),
      )
    return { detail: 'valid, Ed25519', figures: { gateway: name, alg: 'Ed25519' } }
  }

  #inBatch(): Found {
    const header = headerOf(this.#opened())
    if (header === null || this.#position === null)
      return {
        detail: 'the whole entry was asked about',
        figures: { batch: this.#index, position: 0, of: header?.count ?? 0 },
      }
    if (this.#payload === null) throw new Wait('the payload is not kept here any more')
    const position = this.#position
    if (position >= header.count) throw new Stop(`the batch has ${header.count} readings, no reading ${position + 1}`)
    const batch = this.#addon.checkBatch(this.#payload, MAX_READINGS)
    const cbor = this.#addon.leafCbor(this.#payload, position)
    this.leaf = decodeLeaf(cbor)
    const packed = this.#addon.merklePath(batch.leafHashes, position)
    const hashes = Array.from({ length: packed.length / 32 }, (_, i) => packed.subarray(32 * i, 32 * i + 32))
    if (!equalBytes(batch.root, header.root))
      throw new Stop('the readings do not give the root that was signed', toHex(header.root), toHex(batch.root))
    verifyInclusion({ index: position, size: header.count, leafHash: leafHash(cbor), path: hashes, root: header.root })
    return {
      detail: `reading ${position + 1} of ${header.count}`,
      figures: { batch: this.#index, position: position + 1, of: header.count },
      path: sides(position, header.count, hashes),
      root: toHex(header.root),
    }
  }

  #inBlock(): Found {
    const block = this.#reader.blocks.blockOf(this.#index)
    if (block === null) throw new Wait('the block that will hold it is not sealed yet')
    const size = block.sealEntry + 1
    const path = this.#reader.log.inclusionPath(this.#index, size)
    const root = this.#reader.rootAt(size)
    verifyInclusion({ index: this.#index, size, leafHash: leafHash(this.#opened().bytes), path, root })
    const position = this.#index - block.firstEntry + 1
    return {
      detail: `entry ${position} of ${block.entries}`,
      figures: { block: block.height, position, of: block.entries },
      path: sides(this.#index, size, path),
      root: toHex(root),
    }
  }

  #peersAgree(): Found {
    const block = this.#reader.blocks.blockOf(this.#index)
    if (block === null) throw new Wait('the block is not sealed yet')
    const [stored] = this.#reader.log.checkpointsFrom(block.sealEntry as number, 1)
    if (stored === undefined) throw new Wait('no checkpoint covers it yet')
    const checkpoint = parseCheckpoint(stored.text)
    const root = this.#reader.rootAt(stored.size)
    const own = formatCheckpoint({ origin: originOf(this.#reader.channel), size: stored.size, root })
    if (!stored.text.startsWith(own))
      throw new Stop('the cosigned checkpoint names another root', toHex(checkpoint.root), toHex(root))
    const policy = parsePolicy(policyOf(this.#reader))
    const { cosigners, quorum, required } = evaluatePolicy(policy, checkpoint)
    const total = policy.witnesses.size
    if (!quorum) throw new Wait(`${cosigners.length} cosigned, ${required} are needed`)
    const atUs = Math.max(...cosigners.map((cosigner) => cosigner.timeSeconds)) * 1_000_000
    return { detail: `${cosigners.length} of ${total} cosigned`, figures: { cosigned: cosigners.length, total, atUs } }
  }

  #keyValid(): Found {
    const { key } = this.#signer(this.#opened())
    const upTo = key.to ?? Number.POSITIVE_INFINITY
    if (this.#index !== 0 && (this.#index < key.from || this.#index >= upTo))
      throw new Stop(
        `the key was not valid at entry ${this.#index}`,
        `entries ${key.from} to ${key.to ?? 'now'}`,
        `entry ${this.#index}`,
      )
    return {
      detail: `since entry ${key.from}, ${key.to === null ? 'not revoked' : `until ${key.to}`}`,
      figures: { sinceUs: this.#reader.firstTimeUs() ?? 0, revoked: key.to !== null },
    }
  }

  #opened(): Entry {
    if (this.#entry === null) throw new Stop('the entry could not be read')
    return this.#entry
  }

  #signer(entry: Entry): { key: ReturnType<LedgerReader['members']>[number]['keys'][number]; name: string } {
    for (const member of this.#reader.members()) {
      const key = member.keys.find((candidate) => candidate.keyId === entry.keyId)
      if (key !== undefined) return { key, name: member.name }
    }
    throw new Stop('the key is registered for nobody', undefined, entry.keyId)
  }
}

function headerOf(entry: Entry): BatchHeader | null {
  const statement = statementOf(entry)
  return statement.kind === 'batch' ? statement : null
}

/** On which side each hash of an RFC 6962 path stands, from the leaf upwards. */
function sides(index: number, size: number, path: readonly Uint8Array[]): { side: 'left' | 'right'; hash: string }[] {
  let node = index
  let last = size - 1
  const result: { side: 'left' | 'right'; hash: string }[] = []
  for (const hash of path) {
    while (node % 2 === 0 && node === last && last > 0) {
      node = Math.floor(node / 2)
      last = Math.floor(last / 2)
    }
    result.push({ side: node % 2 === 1 ? 'left' : 'right', hash: toHex(hash) })
    node = Math.floor(node / 2)
    last = Math.floor(last / 2)
  }
  return result
}
