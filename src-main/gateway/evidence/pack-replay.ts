/** What another version of a pack would have said: the same evidence, judged by both. Nothing is signed and nothing decided. */
import { setImmediate } from 'node:timers/promises'
import { CertificateError } from '../../certificates/errors.ts'
import type { PackReplay } from '../../endpoints/pack-calls.ts'
import { LedgerError } from '../../ledger/errors.ts'
import { PackError } from '../../packs/errors.ts'
import { parametersKept } from '../../packs/manifest.ts'
import type { Pack } from '../../packs/pack.ts'
import type { PackVerdict } from '../../packs/verdict.ts'
import type { JsonValue } from '../../wire/json.ts'
import type { Channel } from '../channel.ts'
import { GatewayError } from '../error.ts'
import type { Certificates } from './certificates.ts'

/** Assets of one replay: each costs what a certificate's preview costs. */
const LOOKED_MAX = 200
/** Rows that are listed; all are counted. */
const ROWS_MAX = 200

type Row = PackReplay['rows'][number]

export interface ReplayRequest {
  channel: Channel
  certificates: Certificates
  /** What decides now. */
  was: Pack
  /** By which it decides. */
  parameters: JsonValue
  is: Pack
  fromUs: number
  toUs: number
}

/** Throws GatewayError `not_comparable`. Between two assets whoever else asks the gateway has a turn. */
export async function replayPack({
  channel,
  certificates,
  was,
  parameters,
  is,
  fromUs,
  toUs,
}: ReplayRequest): Promise<PackReplay> {
  const startMs = performance.now()
  const { id, reads } = is.manifest
  const more = reads.filter((type) => !was.manifest.reads.includes(type))
  if (more.length > 0)
    throw new GatewayError(
      'not_comparable',
      `version ${is.manifest.version} reads events that the one in force does not: ${more.join(', ')}`,
      'What it would have said of them nobody can replay; try it on a channel of its own.',
    )
  const other = { rule: is.files.rule, parameters: parametersKept(is.manifest, parameters) }
  const bound = channel
    .assets()
    .filter(({ packs }) => packs.includes(id))
    .toSorted((a, b) => (b.lastUs ?? 0) - (a.lastUs ?? 0))
  const looked = bound.slice(0, LOOKED_MAX)
  const rows: Row[] = []
  for (const { id: asset, name } of looked) {
    rows.push({ asset, name, ...compared(certificates, { asset, pack: id, fromUs, toUs }, other) })
    await setImmediate()
  }
  const isEqual = (row: Row): boolean => row.why === null && row.was === row.is && row.codes.length === 0
  const equal = rows.filter(isEqual).length
  const cannotRun = rows.filter(({ why }) => why !== null).length
  return {
    id,
    was: was.manifest.version,
    is: is.manifest.version,
    fromUs,
    toUs,
    assets: bound.length,
    looked: looked.length,
    equal,
    different: rows.length - equal - cannotRun,
    cannotRun,
    rows: rows.filter((row) => !isEqual(row)).slice(0, ROWS_MAX),
    tookMs: Math.round(performance.now() - startMs),
  }
}

function compared(
  certificates: Certificates,
  period: { asset: string; pack: string; fromUs: number; toUs: number },
  other: { rule: string; parameters: JsonValue },
): Pick<Row, 'was' | 'is' | 'codes' | 'why'> {
  try {
    const both = certificates.judgedByBoth(period, other)
    return { was: both.was.verdict, is: both.is.verdict, codes: codesOfOne(both.was, both.is), why: null }
  } catch (error) {
    const isKnown = [GatewayError, CertificateError, PackError, LedgerError].some((one) => error instanceof one)
    if (!isKnown) throw error
    return { was: null, is: null, codes: [], why: (error as Error).message }
  }
}

/** Codes that stand in the reasons of one alone. */
function codesOfOne(was: PackVerdict, is: PackVerdict): string[] {
  const codesOf = ({ reasons }: PackVerdict): string[] => [...new Set(reasons.map(({ code }) => code))]
  const [before, after] = [codesOf(was), codesOf(is)]
  return [
    ...before.filter((code) => !after.includes(code)),
    ...after.filter((code) => !before.includes(code)),
  ].toSorted()
}
