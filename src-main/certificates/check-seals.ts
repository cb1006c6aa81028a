/**
 * Which entries are enclosed, that each stands in the ledger tree of the checkpoint, and what the bracketing seals say.
 */
import { equalBytes, toHex } from '../wire/bytes.ts'
import { channelId } from '../record/channel.ts'
import { parseEntry } from '../wire/entry.ts'
import type { Entry } from '../wire/entry.ts'
import { decodeBody } from '../record/events.ts'
import type { ChannelOpened } from '../record/kinds/channel.ts'
import { leafHash } from '../wire/reading.ts'
import { statementOf } from '../record/statements.ts'
import type { SealStatement, Statement } from '../record/statements.ts'
import { verifyInclusion } from '../proof/merkle.ts'
import { verifySignature } from '../proof/signature.ts'
import type { BracketingSeal, CertificateMaterial, LoggedEntry } from './material.ts'
import { isoOfUs } from './numbers.ts'
import { hold } from './step.ts'

/** Size and root of the ledger tree that everything is shown to stand in. */
export interface LedgerTree {
  size: number
  root: Uint8Array
}

/** An enclosed entry, shown to be leaf `index` of the ledger. Its signature is another matter. */
export interface PlacedEntry {
  index: number
  entry: Entry
  statement: Statement
}

export interface SealFacts {
  seal: SealStatement
  /** Ledger index of the seal. */
  index: number
  /** Ledger time of the seal before, which closed the state that this one commits to. */
  asOfUs: number
}

export interface LedgerFacts {
  tree: LedgerTree
  genesis: ChannelOpened
  newer: SealFacts
  older: SealFacts | null
  /** Looks up an enclosed entry; every one of them is placed. */
  placed(index: number): PlacedEntry
  /** When an enclosed batch says that it was sealed; null for any other entry, and for one that is not enclosed. */
  sealedAtUs(index: number): number | null
  placedCount: number
}

/** An entry that stands in the ledger, as whoever shows it says. */
export function readEntry(
  bytes: Uint8Array,
  index: number,
  material: Pick<CertificateMaterial, 'channel'>,
): PlacedEntry {
  const entry = parseEntry(bytes)
  hold(entry.channel === material.channel, `entry ${index} is of another channel`, material.channel, entry.channel)
  return { index, entry, statement: statementOf(entry) }
}

/** How far the issuer's clock may lag behind ledger time. */
const SIGNED_BEFORE_US_MAX = 60_000_000

/**
 * Places every enclosed entry and reads genesis and seals. A certificate is not signed before the seal that it rests on: `signedAtUs`
 * is the issuer's word, and this is as far as it can be held against anything. Throws StepStop, WireError or ProofError.
 */
export function checkSeals(material: CertificateMaterial, tree: LedgerTree, signedAtUs: number): LedgerFacts {
  const places = new Map<number, PlacedEntry>()
  for (const logged of enclosedEntries(material)) {
    if (!places.has(logged.index)) places.set(logged.index, place(logged, material, tree))
  }
  const placed = (index: number): PlacedEntry => {
    const found = places.get(index)
    hold(found !== undefined, `entry ${index} is not enclosed`)
    return found
  }
  const genesis = checkGenesis(placed(0), material)
  const newer = checkSeal(material.newer, placed, 'the newer seal')
  const older = material.older === null ? null : checkSeal(material.older, placed, 'the older seal')
  hold(
    older === null || older.seal.height < newer.seal.height,
    `the older seal (height ${older?.seal.height}) does not come before the newer one (height ${newer.seal.height})`,
  )
  hold(
    signedAtUs >= newer.seal.timeUs - SIGNED_BEFORE_US_MAX,
    'the certificate says that it was signed before the seal that it rests on',
    `not before ${isoOfUs(newer.seal.timeUs)}`,
    isoOfUs(signedAtUs),
  )
  const sealedAtUs = (index: number): number | null => {
    const statement = places.get(index)?.statement
    return statement?.kind === 'batch' ? statement.sealedAtUs : null
  }
  return { tree, genesis, newer, older, placed, sealedAtUs, placedCount: places.size }
}

function enclosedEntries(material: CertificateMaterial): LoggedEntry[] {
  const { genesis, newer, older, batches } = material
  const seals = [newer, ...(older === null ? [] : [older])].flatMap((one) => [one.seal, one.closed])
  return [genesis, ...seals, ...(batches ?? [])]
}

function place(logged: LoggedEntry, material: CertificateMaterial, tree: LedgerTree): PlacedEntry {
  verifyInclusion({
    index: logged.index,
    size: tree.size,
    leafHash: leafHash(logged.entry),
    path: logged.path,
    root: tree.root,
  })
  return readEntry(logged.entry, logged.index, material)
}

function checkGenesis({ entry, statement }: PlacedEntry, material: CertificateMaterial): ChannelOpened {
  hold(statement.kind === 'event' && statement.type === 'channel.opened', 'leaf 0 is not the opening of a channel')
  const id = channelId(statement)
  hold(id === material.channel, 'the channel is not named by its genesis', id, material.channel)
  const opened = decodeBody('channel.opened', statement.body)
  const founder = opened.members.find((member) => member.actor === entry.actor)
  const key = founder?.keys.find((one) => one.use === 'entry' && one.alg === entry.alg)
  const signed = key !== undefined && verifySignature(key.alg, key.public, entry.sigStructure, entry.signature)
  hold(signed, 'the genesis is not signed by one of the members that it names')
  return opened
}

function checkSeal(bracket: BracketingSeal, placed: (index: number) => PlacedEntry, which: string): SealFacts {
  const { index, statement } = placed(bracket.seal.index)
  hold(statement.kind === 'seal', `${which} (entry ${index}) is a ${statement.kind}`)
  hold(
    bracket.closed.index === statement.size - 1,
    `${which} speaks of the first ${statement.size} entries, but entry ${bracket.closed.index} is enclosed as the last of them`,
  )
  const closed = placed(bracket.closed.index)
  if (closed.index === 0) {
    hold(statement.height === 1, `${which} follows genesis but has height ${statement.height}`)
    return { seal: statement, index, asOfUs: closed.statement.kind === 'event' ? closed.statement.occurredAtUs : 0 }
  }
  hold(closed.statement.kind === 'seal', `entry ${closed.index} is not the seal before ${which}`)
  hold(
    closed.statement.height === statement.height - 1,
    `${which} has height ${statement.height}, the seal before it ${closed.statement.height}`,
  )
  return { seal: statement, index, asOfUs: closed.statement.timeUs }
}

/** Shows that two hashes are one, naming both where they are not. */
export function holdEqual(expected: Uint8Array, actual: Uint8Array, detail: string): void {
  hold(equalBytes(expected, actual), detail, toHex(expected), toHex(actual))
}
