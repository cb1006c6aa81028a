import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { StopWish } from '../../../src-main/cli/stop-wish.ts'
import { pauseMs, Supervisor } from '../../../src-main/cli/supervisor.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

test('a daemon that cannot even be forked is said, and does not keep its supervisor from stopping', async () => {
  const folder = temporaryFolder(onTestFinished)
  const { execPath } = process
  process.execPath = join(folder, 'no-such-program')
  onTestFinished(() => {
    process.execPath = execPath
  })
  const lines: string[] = []
  const told = new Promise<void>((resolve) => {
    const supervisor = new Supervisor([{ name: 'gw-1', configFile: join(folder, 'gw-1.yaml'), data: folder }], {
      onReady: () => undefined,
      onBroken: () => undefined,
      onLine: (line) => {
        lines.push(line)
        resolve(supervisor.stop())
      },
    })
    supervisor.start()
  })
  await told
  expect(lines[0]).toMatch(/^gw-1 cannot be started; starting it again in 3 s\. The other gateways go on\./)
  expect(lines[0]).toContain('ENOENT')
})

test('stopping right after a start that failed ends, too', async () => {
  const folder = temporaryFolder(onTestFinished)
  const { execPath } = process
  process.execPath = join(folder, 'no-such-program')
  onTestFinished(() => {
    process.execPath = execPath
  })
  const none = { onReady: () => undefined, onBroken: () => undefined, onLine: () => undefined }
  const supervisor = new Supervisor([{ name: 'gw-1', configFile: join(folder, 'gw-1.yaml'), data: folder }], none)
  supervisor.start()
  await supervisor.stop()
  expect(process.exitCode).toBeUndefined()
})

/** A program in the place of a daemon; its data folder says how it behaves. */
const PROGRAM = `
const data = process.argv[process.argv.indexOf('--data') + 1]
if (data.endsWith('broken')) {
  process.stderr.write('plumbline: the ledger is damaged\\n')
  process.exit(1)
}
process.send({ type: 'ready', name: 'gw', url: '', signInUrl: '', note: null })
process.on('message', () => {
  process.send({ type: 'stopping', unwritten: 350000 })
  setTimeout(() => process.exit(0), 300)
})
setInterval(() => undefined, 1000)
`

test('a daemon that does not come to run is tried for ever, its words are shown once, and the others are left alone', async () => {
  const folder = temporaryFolder(onTestFinished)
  const program = join(folder, 'daemon.mjs')
  writeFileSync(program, PROGRAM)
  const lines: string[] = []
  const events: string[] = []
  const supervisor = new Supervisor(
    ['sound', 'broken'].map((name) => ({ name, configFile: '', data: join(folder, name) })),
    {
      onReady: (name) => void events.push(`ready ${name}`),
      onBroken: (name) => void events.push(`broken ${name}`),
      onLine: (line) => void lines.push(line),
    },
    { program, pauseMsFirst: 20 },
  )
  supervisor.start()
  await expect.poll(() => events.filter((event) => event === 'broken broken').length, { timeout: 10_000 }).toBe(4)
  expect(events.filter((event) => event === 'ready sound')).toHaveLength(1)
  expect(lines.filter((line) => line.includes('the ledger is damaged'))).toHaveLength(1)
  expect(lines[0]).toContain(join(folder, 'broken', 'gateway.log'))
  expect(lines.every((line) => line.startsWith('broken ended with status 1; starting it again in'))).toBe(true)
  await supervisor.stop()
})

test('a stop waits for what is still to be written, and says how much that is', async () => {
  const folder = temporaryFolder(onTestFinished)
  const program = join(folder, 'daemon.mjs')
  writeFileSync(program, PROGRAM)
  const lines: string[] = []
  let ready = (): void => undefined
  const isReady = new Promise<void>((resolve) => (ready = resolve))
  const supervisor = new Supervisor(
    [{ name: 'gw-1', configFile: '', data: folder }],
    { onReady: () => ready(), onBroken: () => undefined, onLine: (line) => void lines.push(line) },
    { program },
  )
  supervisor.start()
  await isReady
  const stopped = supervisor.stop()
  await expect
    .poll(() => (supervisor.sayWhatLasts(), lines.at(-1)), { interval: 20 })
    .toMatch(/^gw-1 is still writing down 350000 readings; nothing is lost if you wait\. kill -9 \d+ ends it at once/)
  await stopped
})

test('pauses grow from 3 s to 5 min', () => {
  expect([1, 2, 3, 7, 8, 1_000].map((failures) => pauseMs(failures))).toEqual([
    3_000, 6_000, 12_000, 192_000, 300_000, 300_000,
  ])
})

test('the first wish to stop begins it, the same one heard twice does nothing, later ones are answered', () => {
  const heard: string[] = []
  const wish = new StopWish(
    () => void heard.push('stop'),
    () => void heard.push('why it lasts'),
  )
  for (const atMs of [0, 3, 900, 902, 5_000]) wish.again(atMs)
  expect(heard).toEqual(['stop', 'why it lasts', 'why it lasts'])
})
