import { plainMeaning } from '../../../../src-main/record/stream-fields.ts'
import { expect, onTestFinished, test } from 'vitest'
import { LedgerThread, type LedgerThreadEvents } from '../../../../src-main/gateway/channel/ledger-thread.ts'
import { prepareTogether } from '../../../../src-main/gateway/folder/setup.ts'
import { openReader } from '../../../../src-main/ledger/reader.ts'
import { streamId } from '../../../../src-main/record/channel.ts'
import { parseActorId, parseChannelId } from '../../../../src-main/wire/ids.ts'
import { RowWriter, UNNUMBERED } from '../../../../src-main/wire/rows.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

const OPENING = {
  source: 'load',
  unit: 'Cel',
  kind: 'float',
  quantity: 'temperature',
  meaning: plainMeaning('bench'),
  trust: 'unauthenticated',
  simulated: true,
  range: null,
  cadenceMs: null,
  fromSequence: 0,
} as const

interface Started {
  thread: LedgerThread
  ledgerFile: string
}

/** A gateway alone, recording in a folder that goes with the test. */
async function startAlone(events: Partial<LedgerThreadEvents> = {}): Promise<Started> {
  const members = [{ name: 'gw', legalName: 'x' }]
  const channel = { name: 'Hall', site: 'Hall', simulated: true, members }
  const [folder] = prepareTogether(temporaryFolder(onTestFinished), channel, 1_700_000_000_000_000)
  if (folder === undefined) throw new Error('no folder was made')
  const thread = await LedgerThread.start(
    {
      name: 'gw',
      version: 'test',
      keysDir: folder.keys,
      genesisFile: folder.genesis,
      ledgerFile: folder.ledger,
      agreement: folder.agreement,
      evidence: folder.evidence,
      repair: folder.repair,
      listen: null,
      peers: [],
      limits: { batchReadingsMax: 500, closeAfterMs: 20, queueBytesMax: 1e9 },
      cosigning: true,
      rebuild: null,
    },
    {
      onApplied: () => undefined,
      onStatus: () => undefined,
      onAcknowledged: () => undefined,
      onCondition: () => undefined,
      onUnrecorded: () => undefined,
      onFatal: (error) => expect.fail(error.message),
      ...events,
    },
  )
  return { thread, ledgerFile: folder.ledger }
}

test('a stop with 350,000 readings under way writes down every one, and their sender was told of each message', async () => {
  const { thread, ledgerFile } = await startAlone()
  const channel = parseChannelId(thread.identity.channel)
  const actor = parseActorId(thread.identity.actor)
  const streams = Array.from({ length: 20 }, (_, i) => streamId(channel, actor, 'load', `tag-${i}`))
  for (const [i, stream] of streams.entries())
    thread.record('stream.opened', { ...OPENING, stream, tag: `tag-${i}`, label: `Load ${i}` })
  let taken = 0
  for (let message = 0; message < 700; message++) {
    const writer = new RowWriter(streams)
    for (let i = 0; i < 500; i++) {
      const sequence = message * 25 + Math.floor(i / 20)
      writer.push(i % 20, UNNUMBERED, 1_700_000_000_000_000 + sequence * 1_000, { kind: 'float', value: i }, 0, 0)
    }
    thread.rows({ rows: writer.take(), gaps: [], kind: 'live' }, () => (taken += 1))
  }
  expect(thread.unwritten).toBe(350_000)
  await thread.stop()
  expect([thread.unwritten, taken]).toEqual([0, 700])
  const reader = openReader(ledgerFile)
  expect(reader.totalReadings() + reader.queue().readings).toBe(350_000)
  reader.close()
}, 180_000)

test('says why an event that nobody waits for was not recorded, and rejects nothing', async () => {
  const unrecorded: string[] = []
  const { thread } = await startAlone({
    onUnrecorded: (event, reason) => void unrecorded.push(`${event}: ${reason}`),
  })
  onTestFinished(() => thread.stop())
  const certificateHash = new Uint8Array(32)
  const period = { pack: 'odometer', verdict: 'logical', fromUs: 1, toUs: 2 }
  // What the thread can't be sent, and what the ledger refuses.
  thread.record('gateway.alive', { unsendable: () => undefined } as never)
  thread.record('certificate.issued', { certificateHash, asset: 'nothing', ...period })
  await expect.poll(() => unrecorded, { timeout: 20_000 }).toHaveLength(2)
  expect(unrecorded[0]).toMatch(/^gateway\.alive: .*could not be cloned/)
  expect(unrecorded[1]).toMatch(/^certificate\.issued: /)
})
