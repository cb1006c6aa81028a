import { expect, onTestFinished, test } from 'vitest'
import { Auditor } from '../../../src-main/gateway/auditor.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { recorded } from '../ledger/recorded.ts'

test('a result that cannot be kept is a failed check, and another one follows', async () => {
  const { file, ledger } = recorded(temporaryFolder(onTestFinished), 2)
  ledger.close()
  let reports = 0
  const failed: string[] = []
  await new Promise<void>((resolve) => {
    const auditor = new Auditor({
      kind: 'hashes',
      file,
      everyMs: 1,
      onProgress: () => undefined,
      onReport: () => {
        reports += 1
        if (reports === 1) throw new Error('ENOSPC: no space left on device')
        resolve()
      },
      onFailed: (message) => failed.push(message),
    })
    onTestFinished(async () => await auditor.close())
    auditor.start(0)
  })
  expect(failed).toEqual(['its result could not be kept: ENOSPC: no space left on device'])
})
