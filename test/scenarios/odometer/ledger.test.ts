/** Some of the vehicles over a real ledger: gateways of two owners, statements of people, certificates that are checked offline. */
import pino from 'pino'
import { expect, onTestFinished, test } from 'vitest'
import { freePort } from '../../../src-main/cli/free-port.ts'
import { runScenario } from '../../../src-main/gateway/scenario/run-scenario.ts'
import { scenario } from '../../../src-main/packs/odometer/scenario/scenario.ts'
import type { PlantedAsset } from '../../../src-main/packs/scenario.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

test('certificates say of each vehicle what was planted, and an expectation that is taken away shows', async () => {
  const cars = scenario.planted(7)
  const replaced = cars[5]!
  const forgotten: PlantedAsset = { ...cars[42]!, verdict: 'logical', findings: [] }
  const rows = await runScenario(
    {
      pack: 'odometer',
      scenario,
      data: temporaryFolder(onTestFinished),
      freePort,
      log: () => pino({ level: 'silent' }),
      onProgress: () => {},
    },
    [replaced, forgotten],
  )
  expect(rows.map(({ found, same, way }) => [found.verdict, same, way])).toEqual([
    ['logical', true, 'certificate'],
    ['illogical', false, 'certificate'],
  ])
  expect(rows[0]!.found.findings.map((one) => JSON.parse(one).code)).toEqual(['REPLACEMENT'])
})
