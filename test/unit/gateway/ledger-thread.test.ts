import { expect, onTestFinished, test } from 'vitest'
import { LedgerThread } from '../../../src-main/gateway/ledger-thread.ts'
import { prepareTogether } from '../../../src-main/gateway/setup.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

test('says why an event that nobody waits for was not recorded, and rejects nothing', async () => {
  const members = [{ name: 'gw', legalName: 'x' }]
  const channel = { name: 'Hall', site: 'Hall', simulated: true, members }
  const [folder] = prepareTogether(temporaryFolder(onTestFinished), channel, 1_700_000_000_000_000)
  if (folder === undefined) throw new Error('no folder was made')
  const unrecorded: string[] = []
  const thread = await LedgerThread.start(
    {
      name: 'gw',
      version: 'test',
      keysDir: folder.keys,
      genesisFile: folder.genesis,
      ledgerFile: folder.ledger,
      agreement: { file: folder.agreement, proofs: folder.evidence },
      listen: null,
      peers: [],
      limits: { batchReadingsMax: 500, sealAfterMs: 20, queueBytesMax: 1e9 },
      cosigning: true,
      rebuild: null,
    },
    {
      onApplied: () => undefined,
      onStatus: () => undefined,
      onAcknowledged: () => undefined,
      onCondition: () => undefined,
      onUnrecorded: (event, reason) => void unrecorded.push(`${event}: ${reason}`),
      onFatal: (error) => expect.fail(error.message),
    },
  )
  onTestFinished(() => thread.stop())
  const certificateHash = new Uint8Array(32)
  const period = { pack: 'odometer', verdict: 'logical', fromUs: 1, toUs: 2 }
  // What the thread can't be sent, and what the ledger refuses.
  thread.record('gateway.alive', [], { unsendable: () => undefined } as never)
  thread.record('certificate.issued', ['nothing'], { certificateHash, asset: 'nothing', ...period })
  await expect.poll(() => unrecorded, { timeout: 20_000 }).toHaveLength(2)
  expect(unrecorded[0]).toMatch(/^gateway\.alive: .*could not be cloned/)
  expect(unrecorded[1]).toMatch(/^certificate\.issued: /)
})
