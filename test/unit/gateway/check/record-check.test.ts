import { join } from 'node:path'
import { pino } from 'pino'
import { expect, onTestFinished, test } from 'vitest'
import { Conditions } from '../../../../src-main/gateway/conditions.ts'
import { RecordCheck } from '../../../../src-main/gateway/check/record-check.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'
import { recorded } from '../../ledger/recorded.ts'

test('a question that was refused over damage changes the verdict at once, and a check that finds nothing does not lift it', async () => {
  const folder = temporaryFolder(onTestFinished)
  const { file, ledger } = recorded(folder, 2)
  ledger.close()
  const conditions = new Conditions({ nowUs: () => 1 })
  const verdicts: string[] = []
  const check: RecordCheck = new RecordCheck({
    name: 'gw',
    ledgerFile: file,
    findingFile: join(folder, 'integrity.json'),
    everyMs: { hashes: 1e9, replay: 1e9 },
    log: pino({ level: 'silent' }),
    onCondition: conditions.set,
    nowUs: () => 1,
    onProgress: () => undefined,
    onVerdict: () => void verdicts.push(check.verdict),
  })
  onTestFinished(async () => await check.close())
  check.damaged(new Error('page 9 is not what was written'))
  check.damaged(new Error('page 9 is not what was written'))
  expect(verdicts).toEqual(['changed'])
  expect(check.reason).toEqual({ code: 'record_changed', text: 'page 9 is not what was written' })
  expect(conditions.all().map(({ code }) => code)).toEqual(['record-changed'])
  await expect.poll(() => verdicts, { timeout: 20_000 }).toEqual(['changed', 'changed'])
})
