/** What a gateway answers out of its data folder: started as the product starts it, asked by the API's own handlers. */
import { readFileSync } from 'node:fs'
import { pino } from 'pino'
import type { Addon } from '../../native/addon.ts'
import { ledgerAnswers } from '../../src-main/api/answers/ledger.ts'
import { trendAnswers } from '../../src-main/api/answers/trends.ts'
import { assetList } from '../../src-main/gateway/show/asset-list.ts'
import { Certificates } from '../../src-main/gateway/evidence/certificates.ts'
import type { GatewayFolder } from '../../src-main/gateway/folder/data-folder.ts'
import type { Channel } from '../../src-main/gateway/channel.ts'
import { ChannelPacks } from '../../src-main/gateway/channel/channel-packs.ts'
import { LivePoints } from '../../src-main/gateway/show/live-points.ts'
import { openOrRebuild } from '../../src-main/ledger/open-or-rebuild.ts'
import { openReader, type LedgerReader } from '../../src-main/ledger/reader.ts'
import { coreKey } from '../../src-main/record/core-state.ts'
import { shippedContracts } from '../support/shipped-contracts.ts'
import { ASSET, FIRST_US, FlipCore, NAME, type FlipRecord } from './flip-record.ts'

/** An answer, or the code it was refused with; `told`: the gateway had said by then that its record is damaged. */
export type Answer = ({ value: string } | { refused: string }) & { told: boolean }
export type Answers = Map<string, Answer>

export interface Started {
  /** Why it does not start. */
  refused: string | null
  rebuilt: boolean
  answers: Answers
}

/** Thrown where something is refused with words of its own; whatever else is thrown, nobody thought of. */
export class Unforeseen extends Error {}

export async function startAndAsk(folder: GatewayFolder, record: FlipRecord, addon: Addon): Promise<Started> {
  const started: Started = { refused: null, rebuilt: false, answers: new Map() }
  let close = (): void => undefined
  try {
    const genesis = readFileSync(folder.genesis)
    const { ledger, rebuilt } = openOrRebuild(
      { file: folder.ledger, addon, genesis, contracts: shippedContracts },
      null,
    )
    close = () => ledger.close()
    started.rebuilt = rebuilt !== null
    const { core } = new FlipCore(folder, ledger, addon, { ms: (record.lastUs - FIRST_US) / 1_000 }, 1)
    const cursors = { places: core.streams(), size: ledger.size, queue: ledger.queue.readings() }
    const told = { damage: false }
    const reader = openReader(folder.ledger, { addon, onDamaged: () => (told.damage = true) })
    close = () => (reader.close(), ledger.close())
    await ask(started.answers, standIn(folder, reader, addon, record, told), record, told)
    started.answers.set('cursors', { value: textOf(cursors), told: told.damage })
  } catch (error) {
    started.refused = codeOf(error)
  } finally {
    close()
  }
  return started
}

/** As much of a Channel as the handlers use, over a reader of its own. */
function standIn(
  folder: GatewayFolder,
  reader: LedgerReader,
  addon: Addon,
  record: FlipRecord,
  told: { damage: boolean },
): Channel {
  const points = new LivePoints(addon)
  for (const stream of reader.streams()) points.define({ ...stream, gateway: NAME, normal: null })
  const log = pino({ level: 'silent' })
  const gateway = {
    folder,
    reader,
    packs: new ChannelPacks({ reader, thread: { record: () => {} }, actor: '', log }),
    points,
    name: NAME,
    barred: null,
    nowUs: () => record.lastUs,
    config: { timeZone: 'UTC', issuer: { address: '', contact: '' }, certificates: {} },
    log,
    conditions: { all: () => [] },
    record: { finding: null, times: [], damaged: () => (told.damage = true) },
    assets: () => assetList(reader, () => NAME),
  }
  return gateway as unknown as Channel
}

async function ask(answers: Answers, gateway: Channel, record: FlipRecord, told: { damage: boolean }): Promise<void> {
  const { reader } = gateway
  const put = async (name: string, work: () => unknown): Promise<void> => {
    try {
      answers.set(name, { value: textOf(await work()), told: told.damage })
    } catch (error) {
      answers.set(name, { refused: codeOf(error), told: told.damage })
    }
  }
  const call = (input: object): never => ({ params: {}, query: {}, body: {}, ...input }) as never
  const log = ledgerAnswers(gateway)
  const trends = trendAnswers(gateway)
  await put('overview', () => [
    reader.totalReadings(),
    reader.firstTimeUs(),
    reader.size(),
    reader.queue(),
    reader.channelState(),
    reader.members(),
    reader.streams(),
    reader.rootAt(reader.size()),
  ])
  await put('assets', () => gateway.assets())
  await put('blocks', () => log.blocks(call({})))
  for (const height of [0, 1, 7, 20]) await put(`block ${height}`, () => log.block(call({ params: { height } })))
  for (let index = 0; index < 290; index += 11)
    await put(`entry ${index}`, () => log.entry(call({ params: { index } })))
  for (const entry of [12, 270]) {
    await put(`steps ${entry}`, async () => {
      const { tookMs: _, ...steps } = await log.proofSteps(call({ body: { entry, position: 1 } }))
      return steps
    })
    await put(`proof ${entry}`, () => log.proofFile(call({ params: { index: entry } })))
  }
  await put('consistency', () => reader.consistencyPath(100, reader.size()))
  await put('checkpoint', () => log.checkpoint(call({})))
  for (const index of ['000', '001.p/9']) {
    await put(`tile ${index}`, () => log.tile(call({ params: { level: '0', index } })))
    await put(`bundle ${index}`, () => log.entryBundle(call({ params: { index } })))
  }
  await put('policy', () => log.policy(call({})))
  const span = { fromUs: FIRST_US, toUs: record.lastUs }
  for (const stream of record.streams) {
    await put(`spark ${stream}`, () => trends.sparkline(call({ params: { stream } })))
    await put(`readings ${stream}`, () => trends.readings(call({ query: { stream, ...span, limit: 1_000 } })))
  }
  // One bucket takes whole chunks from the index; four hundred are read from the payloads.
  for (const buckets of [1, 400])
    await put(`series ${buckets}`, () => trends.series(call({ query: { streams: record.streams, ...span, buckets } })))
  await put('activity', () => trends.activity(call({ query: {} })))
  await putState(put, reader, record)
  await put('certificate', async () => {
    const certificates = await Certificates.open(gateway)
    const { firstUs = null, lastUs = null } = gateway.assets()[0] ?? {}
    if (firstUs === null || lastUs === null) return null
    return certificates.preview({ asset: ASSET, fromUs: firstUs + 1_000_000, toUs: lastUs })
  })
}

async function putState(
  put: (name: string, work: () => unknown) => Promise<void>,
  reader: LedgerReader,
  { streams }: FlipRecord,
): Promise<void> {
  const [bound] = streams
  if (bound === undefined) throw new Error('the record has no stream')
  const keys = [coreKey.asset(ASSET), coreKey.history(ASSET, bound), coreKey.stream(bound)]
  for (const height of [3, 20]) await put(`state ${height}`, () => reader.state.prove(height, keys))
  await put('history', () => reader.histories.leaves(ASSET, bound, 0, 70))
  await put('gaps', () => streams.map((stream) => reader.readings.gaps(stream, { fromUs: 0, toUs: 9e15 })))
}

function textOf(value: unknown): string {
  return JSON.stringify(value, (_, one: unknown) => {
    if (typeof one === 'bigint') return one.toString()
    if (one instanceof Uint8Array) return Buffer.from(one).toString('hex')
    return one
  })
}

/** Stable code of an error of ours. Throws Unforeseen for any other. */
function codeOf(error: unknown): string {
  const code: unknown = (error as { code?: unknown }).code
  if (error instanceof Error && typeof code === 'string' && error.message !== '') return code
  throw new Unforeseen(
    `not refused but failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
  )
}
