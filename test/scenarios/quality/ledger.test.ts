/** Some lots over a real ledger: gateways of three owners, statements of people that the pack's contract decides on, certificates checked offline. */
import pino from 'pino'
import { expect, onTestFinished, test } from 'vitest'
import { freePort } from '../../../src-main/cli/free-port.ts'
import { runScenario } from '../../../src-main/gateway/scenario/run-scenario.ts'
import { scenario } from '../../../src-main/packs/quality/scenario/scenario.ts'
import type { PlantedAsset } from '../../../src-main/packs/scenario.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

test('certificates say of each lot what was planted, and what has no way over a ledger is said to have none', async () => {
  const lots = scenario.planted(1)
  const called = (name: string): PlantedAsset => lots.find((lot) => lot.name === name)!
  const rows = await runScenario(
    {
      pack: 'quality',
      scenario,
      data: temporaryFolder(onTestFinished),
      freePort,
      log: () => pino({ level: 'silent' }),
      onProgress: () => {},
    },
    [
      called('a concession by the customer'),
      called('a lot that was released'),
      called('withheld readings over values outside the limits'),
    ],
  )
  expect(rows.map(({ found, same, way }) => [found.verdict, same, way])).toEqual([
    ['concession', true, 'certificate'],
    ['pass', true, 'certificate'],
    ['no-judgement', true, 'rule alone'],
  ])
})

test('each owner of the scenario has a gateway, and every lot an id of its own', () => {
  const lots = scenario.planted(3)
  expect(new Set(scenario.people.map(({ legalName }) => legalName)).size).toBe(3)
  expect(new Set(lots.map(({ evidence }) => evidence.asset.id)).size).toBe(lots.length)
  const actors = new Set(scenario.people.map(({ actor }) => actor))
  const strangers = lots.flatMap(({ evidence }) => evidence.events.filter(({ actor }) => !actors.has(actor)))
  expect(strangers).toEqual([])
})
