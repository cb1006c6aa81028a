import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { loadAddon } from '../../../../native/addon.ts'
import { openHealed } from '../../../../src-main/gateway/healing/heal-at-start.ts'
import { openChecked } from '../../../../src-main/ledger/checked-file.ts'
import { LedgerError } from '../../../../src-main/ledger/errors.ts'
import { DamagedLedger } from '../../../../src-main/ledger/healing/damaged-ledger.ts'
import { Parts } from '../../../../src-main/ledger/healing/parts.ts'
import { openOrRebuild } from '../../../../src-main/ledger/open-or-rebuild.ts'
import { actorIdOf } from '../../../../src-main/wire/ids.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'
import { recorded } from '../../ledger/recorded.ts'

const addon = loadAddon()
const giver = actorIdOf(new Uint8Array(16))

test.each([
  ['is noted until the ledger says it', true],
  ['is noted no more where the ledger could not be made anew', false],
])('a repair before the ledger is open %s', async (_, isOpened) => {
  const folder = temporaryFolder(onTestFinished)
  const { file, channel, ledger } = recorded(folder, 10)
  ledger.close()
  const database = openChecked(file, {})
  const row = database.prepare('SELECT id, bytes FROM payload WHERE id = 5').get() as { id: number; bytes: Buffer }
  database.prepare('UPDATE payload SET bytes = zeroblob(9) WHERE id = 5').run()
  database.close()
  const places = { evidence: join(folder, 'evidence'), repair: join(folder, 'repair.json') }
  let opened = 0
  const open = () => {
    if (opened++ === 0 || !isOpened) throw new LedgerError('payload_damaged', 'a payload is damaged')
    return openOrRebuild({ addon, file }, 'a payload is damaged')
  }
  const healed = openHealed(open, {
    file,
    addon,
    genesis: channel.genesis,
    places,
    fetch: async (lost) => {
      const parts = new Parts()
      for (const part of lost) parts.set(part, row.bytes)
      return await Promise.resolve({ parts, missing: [], from: [giver] })
    },
  })
  if (isOpened) {
    const { ledger: whole, failed } = await healed
    whole.close()
    expect(failed).toBe(null)
    const damaged = new DamagedLedger(file, new Parts(), (bytes) => addon.sha256(bytes))
    expect(damaged.size).toBe(whole.size)
    damaged.close()
  } else await expect(healed).rejects.toThrow('a payload is damaged')
  expect([existsSync(places.evidence), existsSync(places.repair)]).toEqual([true, isOpened])
})
