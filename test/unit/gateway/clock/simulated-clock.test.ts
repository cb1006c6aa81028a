import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import pino from 'pino'
import { expect, onTestFinished, test } from 'vitest'
import { SimulatedClock, simulatedSources } from '../../../../src-main/gateway/clock/simulated-clock.ts'
import { checkConfig } from '../../../../src-main/gateway/folder/config.ts'
import type { GatewayConfig } from '../../../../src-main/gateway/folder/config.ts'
import { prepareTogether } from '../../../../src-main/gateway/folder/setup.ts'
import { Gateway } from '../../../../src-main/gateway/gateway.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

const FOUNDED_US = 1_735_711_200_000_000

test('a simulated clock stands until it is moved, never goes back, and is the same in every thread', () => {
  const clock = new SimulatedClock()
  const elsewhere = new SimulatedClock(clock.shared)
  clock.advance(FOUNDED_US)
  expect([clock.nowUs(), elsewhere.nowUs()]).toEqual([FOUNDED_US, FOUNDED_US])
  elsewhere.advance(FOUNDED_US + 1)
  clock.advance(FOUNDED_US - 1)
  expect([clock.nowUs(), elsewhere.nowUs()]).toEqual([FOUNDED_US + 1, FOUNDED_US + 1])
})

test('the count of elapsed time goes with a simulated clock, which nobody keeps', () => {
  const clock = new SimulatedClock()
  clock.advance(FOUNDED_US)
  const sources = simulatedSources(clock)
  expect([sources.elapsedUs(), sources.system(), sources.believed.read()]).toEqual([
    FOUNDED_US,
    { state: 'unknown', errorUs: null },
    null,
  ])
})

test.each(['system', 'Simulated', 'true', '""'])(
  'a configuration with clock: %s is refused where it stands',
  (word) => {
    const { problems } = checkConfig(`name: gw-1\nclock: ${word}\n`)
    expect(problems).toMatchObject([{ path: 'clock', line: 2, message: expect.stringContaining('"simulated"') }])
  },
)

/** The folder and configuration of a gateway with a simulated clock. */
function made(simulated: boolean): { config: GatewayConfig; folder: ReturnType<typeof prepareTogether>[number] } {
  const data = join(temporaryFolder(onTestFinished), 'data')
  mkdirSync(data)
  const members = [{ name: 'gw-1', legalName: 'Test GmbH' }]
  const [folder] = prepareTogether(data, { name: 'Test', site: 'Test', simulated, members }, FOUNDED_US)
  const { config } = checkConfig('name: gw-1\nclock: simulated\n')
  return { config: config!, folder: folder! }
}

const start = async ({ config, folder }: ReturnType<typeof made>): Promise<Gateway> =>
  await Gateway.start({
    config,
    folder,
    log: pino({ level: 'silent' }),
    nowUs: () => 0,
    events: {
      onStatus: () => {},
      onPoints: () => {},
      onSealed: () => {},
      onEvents: () => {},
      onAudit: () => {},
      onOpened: () => {},
      onFatal: () => {},
    },
  })

test('a gateway of a channel that was not founded as simulated does not start on a simulated clock', async () => {
  await expect(start(made(false))).rejects.toMatchObject({
    code: 'clock_not_simulated',
    message: expect.stringContaining('"Test"'),
  })
})

test('in a simulated channel it starts at the time of the ledger, says so, and leaves sessions to real time', async () => {
  const gateway = await start(made(true))
  try {
    expect([gateway.first.nowUs(), gateway.nowUs()]).toEqual([FOUNDED_US, 0])
    await expect.poll(() => gateway.first.alarms().map(({ code }) => code)).toContain('clock-simulated')
  } finally {
    await gateway.stop()
  }
})
