import { expect, onTestFinished, test } from 'vitest'
import { AuditThread } from '../../../../src-main/gateway/check/audit-thread.ts'
import { Auditor } from '../../../../src-main/gateway/check/auditor.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'
import { recorded } from '../../ledger/recorded.ts'

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

test('records of several channels are checked in one thread, each with its own result, and one that ends is heard no more', async () => {
  const shared = new AuditThread()
  onTestFinished(() => shared.close())
  const files = [3, 5].map((steps) => {
    const { file, ledger } = recorded(temporaryFolder(onTestFinished), steps)
    ledger.close()
    return file
  })
  const reports = new Map<string, { verdict: string; entries: number }[]>(files.map((file) => [file, []]))
  const auditors = files.map(
    (file) =>
      new Auditor({
        kind: 'hashes',
        file,
        everyMs: 1,
        shared,
        onProgress: () => undefined,
        onReport: ({ verdict, checked }) => reports.get(file)?.push({ verdict, entries: checked.entries }),
        onFailed: (message) => expect.fail(message),
      }),
  )
  for (const auditor of auditors) auditor.start(0)
  const of = (i: number): { verdict: string; entries: number }[] => reports.get(files[i] as string) ?? []
  await expect.poll(() => Math.min(of(0).length, of(1).length), { timeout: 20_000 }).toBeGreaterThan(2)
  await auditors[0]?.close()
  const heard = of(0).length
  const others = of(1).length
  await expect.poll(() => of(1).length, { timeout: 20_000 }).toBeGreaterThan(others + 1)
  await auditors[1]?.close()
  expect(of(0)).toHaveLength(heard)
  for (const reported of [of(0), of(1)])
    expect(new Set(reported.map(({ verdict }) => verdict))).toEqual(new Set(['unchanged']))
  expect(of(0)[0]?.entries).toBeLessThan(of(1)[0]?.entries ?? 0)
})
