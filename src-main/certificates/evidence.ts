/**
 * The evidence inside a certificate, as JSON and back. Shared parts stand once: every hash in one table, every
 * ledger entry in another; paths and seals refer to them by number. Leaves travel as base64url of their CBOR, because
 * JSON has no NaN, no -0 and no 64-bit integers.
 *
 * There is one way to write an evidence: `readEvidence` writes what it read again and refuses any other spelling, so
 * unknown members, unused hashes and odd orders cannot ride along.
 */
import { isCameTo, outcomeWith } from '../record/asset-history.ts'
import type { EventOutcome } from '../record/asset-history.ts'
import { fromBase64Url, toBase64Url, toHex } from '../wire/bytes.ts'
import { parseChannelId, parseStreamId } from '../wire/ids.ts'
import { canonicalJson } from '../wire/json.ts'
import type { JsonValue } from '../wire/json.ts'
import { packFiles, readPack } from '../packs/pack.ts'
import type { Pack } from '../packs/pack.ts'
import { stateProofFromJson, stateProofToJson } from '../proof/state-proof.ts'
import type { JsonObject } from './credential.ts'
import type {
  BracketingSeal,
  CertificateMaterial,
  EventHistory,
  LoggedEntry,
  PeriodEvent,
  PeriodLeaf,
  StateItem,
  StreamHistory,
} from './material.ts'
import { hold } from './step.ts'

const EVIDENCE_VERSION = 2
const EVIDENCE_TYPE = 'PlumblineEvidence'

/** Numbers hashes in the order in which they are first used. */
class HashTable {
  readonly list: string[] = []
  readonly #known = new Map<string, number>()

  refs(hashes: readonly Uint8Array[]): number[] {
    return hashes.map((hash) => this.ref(hash))
  }

  ref(hash: Uint8Array): number {
    const text = toBase64Url(hash)
    let at = this.#known.get(text)
    if (at === undefined) {
      at = this.list.length
      this.list.push(text)
      this.#known.set(text, at)
    }
    return at
  }
}

/** The JSON of `material`. */
export function writeEvidence(material: CertificateMaterial): JsonObject {
  const hashes = new HashTable()
  const entries = new Map<number, LoggedEntry>()
  const entryRef = (logged: LoggedEntry): number => {
    entries.set(logged.index, logged)
    return logged.index
  }
  const bracket = (seal: BracketingSeal): JsonObject => ({
    seal: entryRef(seal.seal),
    closed: entryRef(seal.closed),
    state: seal.state.map(writeStateItem),
  })
  entryRef(material.genesis)
  const body: JsonObject = {
    type: EVIDENCE_TYPE,
    version: EVIDENCE_VERSION,
    channel: material.channel,
    asset: material.asset,
    pack: writePack(material.pack),
    period: { fromUs: material.period.fromUs, toUs: material.period.toUs },
    checkpoint: material.checkpoint,
    policy: material.policy,
    older: material.older === null ? null : bracket(material.older),
    newer: bracket(material.newer),
    batches: material.batches === null ? null : material.batches.map(entryRef),
    events: writeEvents(material.events, hashes),
    streams: material.streams.map((stream) => writeStream(stream, hashes)),
    stated: material.stated,
  }
  const ordered = [...entries.values()].sort((a, b) => a.index - b.index)
  return {
    ...body,
    entries: ordered.map(({ index, entry, path }) => ({ index, entry: toBase64Url(entry), path: hashes.refs(path) })),
    hashes: hashes.list,
  }
}

function writeStateItem(item: StateItem): JsonObject {
  return {
    key: toBase64Url(item.stateKey),
    value: item.treeValue === null ? null : toBase64Url(item.treeValue),
    proof: stateProofToJson(item.proof),
  }
}

function writeEvents({ before, leaves }: EventHistory, hashes: HashTable): JsonObject {
  return {
    before: hashes.refs(before),
    leaves: leaves.map((event) =>
      event.kind === 'closed'
        ? toBase64Url(event.leaf)
        : {
            index: event.index,
            outcome: typeof event.outcome === 'string' ? event.outcome : [...event.outcome],
            entry: toBase64Url(event.entry),
          },
    ),
  }
}

function writeStream(stream: StreamHistory, hashes: HashTable): JsonObject {
  return {
    stream: stream.stream,
    before: hashes.refs(stream.before),
    leaves: stream.leaves.map((leaf) =>
      leaf.kind === 'withheld'
        ? { hash: toBase64Url(leaf.leafHash) }
        : { leaf: toBase64Url(leaf.cbor), batch: leaf.batch, position: leaf.position, path: hashes.refs(leaf.path) },
    ),
    gaps: stream.gaps.map((gap) => toBase64Url(gap)),
    changes: stream.changes.map((change) => toBase64Url(change)),
  }
}

/** Reads evidence. Throws StepStop or WireError naming the place. Nothing in it is verified yet. */
export function readEvidence(json: JsonObject): CertificateMaterial {
  hold(json['type'] === EVIDENCE_TYPE, `evidence is not of type ${EVIDENCE_TYPE}`)
  hold(
    json['version'] === EVIDENCE_VERSION,
    `evidence has version ${String(json['version'])}; this verifier reads ${EVIDENCE_VERSION}, and none from before release 0.2`,
  )
  const reader = new EvidenceReader(json)
  const material = reader.material()
  hold(
    canonicalJson(writeEvidence(material)) === canonicalJson(json),
    'the evidence holds something that no certificate holds, or spells it in another way',
  )
  return material
}

class EvidenceReader {
  readonly #json: JsonObject
  readonly #hashes: Uint8Array[]
  readonly #entries = new Map<number, LoggedEntry>()

  constructor(json: JsonObject) {
    this.#json = json
    this.#hashes = list(json['hashes'], 'hashes').map((hash, at) => hash32(hash, `hashes[${at}]`))
    for (const [at, item] of list(json['entries'], 'entries').entries()) {
      const where = `entries[${at}]`
      const one = object(item, where)
      const index = count(one['index'], `${where}.index`)
      this.#entries.set(index, {
        index,
        entry: bytes(one['entry'], `${where}.entry`),
        path: this.#refs(one['path'], `${where}.path`),
      })
    }
  }

  material(): CertificateMaterial {
    const json = this.#json
    const period = object(json['period'], 'period')
    return {
      channel: parseChannelId(text(json['channel'], 'channel')),
      asset: text(json['asset'], 'asset'),
      pack: readPack(packFiles(json['pack'] ?? null, 'pack'), 'evidence: pack'),
      period: { fromUs: time(period['fromUs'], 'period.fromUs'), toUs: time(period['toUs'], 'period.toUs') },
      checkpoint: text(json['checkpoint'], 'checkpoint'),
      policy: text(json['policy'], 'policy'),
      genesis: this.#entry(0, 'genesis'),
      newer: this.#bracket(json['newer'], 'newer'),
      older: json['older'] === null ? null : this.#bracket(json['older'], 'older'),
      batches: json['batches'] === null ? null : this.#entryList(json['batches'], 'batches'),
      events: this.#events(json['events'], 'events'),
      streams: list(json['streams'], 'streams').map((item, at) => this.#stream(item, `streams[${at}]`)),
      stated: object(json['stated'], 'stated'),
    }
  }

  #bracket(value: JsonValue | undefined, where: string): BracketingSeal {
    const json = object(value, where)
    return {
      seal: this.#entry(json['seal'], `${where}.seal`),
      closed: this.#entry(json['closed'], `${where}.closed`),
      state: list(json['state'], `${where}.state`).map((item, at) => readStateItem(item, `${where}.state[${at}]`)),
    }
  }

  #events(value: JsonValue | undefined, where: string): EventHistory {
    const json = object(value, where)
    return {
      before: this.#refs(json['before'], `${where}.before`),
      leaves: list(json['leaves'], `${where}.leaves`).map((leaf, at) => readEvent(leaf, `${where}.leaves[${at}]`)),
    }
  }

  #stream(value: JsonValue, where: string): StreamHistory {
    const json = object(value, where)
    return {
      stream: parseStreamId(text(json['stream'], `${where}.stream`)),
      before: this.#refs(json['before'], `${where}.before`),
      leaves: list(json['leaves'], `${where}.leaves`).map((leaf, at) => this.#leaf(leaf, `${where}.leaves[${at}]`)),
      gaps: list(json['gaps'], `${where}.gaps`).map((gap, at) => bytes(gap, `${where}.gaps[${at}]`)),
      changes: list(json['changes'], `${where}.changes`).map((one, at) => bytes(one, `${where}.changes[${at}]`)),
    }
  }

  #leaf(value: JsonValue, where: string): PeriodLeaf {
    const json = object(value, where)
    if (json['hash'] !== undefined) return { kind: 'withheld', leafHash: hash32(json['hash'], where) }
    return {
      kind: 'disclosed',
      cbor: bytes(json['leaf'], `${where}.leaf`),
      batch: count(json['batch'], `${where}.batch`),
      position: count(json['position'], `${where}.position`),
      path: this.#refs(json['path'], `${where}.path`),
    }
  }

  #entryList(value: JsonValue | undefined, where: string): LoggedEntry[] {
    return list(value, where).map((index, at) => this.#entry(index, `${where}[${at}]`))
  }

  #entry(value: JsonValue | undefined, where: string): LoggedEntry {
    const entry = this.#entries.get(count(value, where))
    hold(entry !== undefined, `${where} names entry ${String(value)}, which is not enclosed`)
    return entry
  }

  #refs(value: JsonValue | undefined, where: string): Uint8Array[] {
    return list(value, where).map((ref, at) => {
      const hash = this.#hashes[count(ref, `${where}[${at}]`)]
      hold(hash !== undefined, `${where}[${at}] names hash ${String(ref)}, which is not enclosed`)
      return hash
    })
  }
}

function writePack({ files: { rule, pack, words } }: Pack): JsonObject {
  return { rule, pack, words: { ...words } }
}

function readEvent(value: JsonValue, where: string): PeriodEvent {
  if (typeof value === 'string') return { kind: 'closed', leaf: bytes(value, where) }
  const json = object(value, where)
  return {
    kind: 'shown',
    index: count(json['index'], `${where}.index`),
    outcome: outcomeIn(json['outcome'], `${where}.outcome`),
    entry: bytes(json['entry'], `${where}.entry`),
  }
}

function outcomeIn(value: JsonValue | undefined, where: string): EventOutcome {
  const [cameTo, ...findings] = (Array.isArray(value) ? value : [value]).map((one, at) => text(one, `${where}[${at}]`))
  const isWord = cameTo !== undefined && isCameTo(cameTo)
  hold(isWord && Array.isArray(value) === findings.length > 0, `evidence: ${where} is none of those that there are`)
  return outcomeWith(cameTo, findings)
}

function readStateItem(value: JsonValue, where: string): StateItem {
  const json = object(value, where)
  return {
    stateKey: bytes(json['key'], `${where}.key`),
    treeValue: json['value'] === null ? null : bytes(json['value'], `${where}.value`),
    proof: stateProofFromJson(json['proof'] ?? null),
  }
}

function object(value: JsonValue | undefined, where: string): JsonObject {
  hold(typeof value === 'object' && value !== null && !Array.isArray(value), `evidence: ${where} is not an object`)
  return value
}

function list(value: JsonValue | undefined, where: string): JsonValue[] {
  hold(Array.isArray(value), `evidence: ${where} is not a list`)
  return value
}

function text(value: JsonValue | undefined, where: string): string {
  hold(typeof value === 'string', `evidence: ${where} is not text`)
  return value
}

function time(value: JsonValue | undefined, where: string): number {
  hold(typeof value === 'number' && Number.isSafeInteger(value), `evidence: ${where} is not a time in microseconds`)
  return value
}

function count(value: JsonValue | undefined, where: string): number {
  hold(typeof value === 'number' && Number.isSafeInteger(value) && value >= 0, `evidence: ${where} is not a number`)
  return value
}

function bytes(value: JsonValue | undefined, where: string): Uint8Array {
  return fromBase64Url(text(value, where))
}

function hash32(value: JsonValue | undefined, where: string): Uint8Array {
  const hash = bytes(value, where)
  hold(hash.length === 32, `evidence: ${where} is not a hash of 32 bytes but ${toHex(hash.subarray(0, 40))}`)
  return hash
}
