import { execFile } from 'node:child_process'
import { chmodSync, chownSync, cpSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { describe, expect, onTestFinished, test } from 'vitest'
import { invocationOf } from '../../../src-main/cli/command.ts'
import { recover } from '../../../src-main/cli/recover.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { contentOf, OldPlant } from '../gateway/continue/old-plant.ts'

const MAIN = fileURLToPath(new URL('../../../src-main/cli/main.ts', import.meta.url))
const NOBODY = 65_534

interface Done {
  founder: string | null
  gateways: { name: string; kept: string; entries: number; sealed: number }[]
}

/** `typed`: what a person at a terminal answers; without it there is no terminal. */
async function run(
  plant: OldPlant,
  args: string[],
  typed?: string,
): Promise<{ status: number; said: string; text: string; document: Done }> {
  const input = new PassThrough() as PassThrough & { isTTY?: boolean }
  if (typed !== undefined) {
    input.isTTY = true
    input.end(typed)
  }
  const stdin = Object.getOwnPropertyDescriptor(process, 'stdin') as PropertyDescriptor
  Object.defineProperty(process, 'stdin', { value: input, configurable: true })
  onTestFinished(() => void Object.defineProperty(process, 'stdin', stdin))
  const invocation = invocationOf(recover, ['--continue', ...args, '--data', plant.data])
  if (invocation === 'help') throw new Error('help was printed')
  const said: string[] = []
  let printed = { text: '', document: null as unknown }
  const status = await recover.run({
    ...invocation,
    say: (line) => void said.push(line),
    print: (document, text) => (printed = { document, text }),
  })
  return { status, said: said.join('\n'), ...(printed as { text: string; document: Done }) }
}

function plantOf(...names: string[]): OldPlant {
  const plant = new OldPlant(temporaryFolder(onTestFinished), names)
  plant.record('gw-a', 12, { queued: 2 })
  return plant
}

describe('plumbline recover --continue', () => {
  test('says at a terminal what will happen, asks for the name, and does it', async () => {
    const plant = plantOf('gw-a', 'gw-b', 'gw-c')
    plant.record('gw-b', 9)
    const { status, said, text, document } = await run(plant, ['gw-a', 'gw-b'], 'gw-a\n')
    expect(status).toBe(0)
    expect(said).toMatch(
      /^gw-a founds a ledger that continues plumbline\.local\/[0-9a-f]{16}…\n {2}at 13 entries, root [0-9a-f]{16}…/,
    )
    for (const part of [
      /gw-a: its ledger was checked and is unchanged: 13 sealed entries, up to 20\d\d-.*read-only, in\n {4}\/.*\/gw-a\/continued\/[0-9a-f]{16}\n/,
      'In its queue wait 2 statements with 0 readings. They stay there, and are part of no ledger.',
      /gw-b: .*9 sealed entries.*\n.*\n {4}Behind its newest seal it has 1 entry that stay.*\n {4}Nothing waits in its queue\./,
      'The new ledger begins with entry 0. Its gateways: gw-a, gw-b.',
      'Left out: gw-c.',
      'Certificates of the old ledger stay verifiable, by its own policy.',
      'Sources, streams and assets are opened anew',
      'must pin the policy of the new channel',
    ])
      expect(said).toMatch(part)
    expect(document.gateways.map(({ name, entries, sealed }) => [name, entries, sealed])).toEqual([
      ['gw-a', 13, 13],
      ['gw-b', 10, 9],
    ])
    expect(text).toContain('plumbline log policy')
  })

  test.each<[string, string[], string | undefined]>([
    ['another name at the terminal', [], 'gw-b\n'],
    ['an empty line', [], '\n'],
    ['the end of input', [], ''],
    ['another name for scripts', ['--confirm', 'GW-A'], undefined],
    ['nobody to ask', [], undefined],
  ])('%s touches nothing', async (_, args, typed) => {
    const plant = plantOf('gw-a')
    const before = contentOf(plant.data)
    await expect(run(plant, args, typed)).rejects.toMatchObject({ name: 'UsageError' })
    expect(contentOf(plant.data)).toEqual(before)
  })

  test('of several gateways wants names, and says which there are', async () => {
    const plant = plantOf('gw-a', 'gw-b')
    await expect(run(plant, ['--confirm', 'gw-a'])).rejects.toThrow(/there are 2 gateways under .*: gw-a, gw-b/)
    await expect(run(plant, ['gw-x'])).rejects.toMatchObject({ next: 'There are: gw-a, gw-b.' })
  })

  test('called once more says that there is nothing left to do', async () => {
    const plant = plantOf('gw-a')
    expect((await run(plant, ['--confirm', 'gw-a'])).document.founder).toBe('gw-a')
    const before = contentOf(plant.data)
    const again = await run(plant, [])
    expect([again.status, again.document.founder, again.text]).toEqual([0, null, expect.stringContaining('Start it.')])
    expect(contentOf(plant.data)).toEqual(before)
  })

  test.skipIf(process.platform === 'win32')(
    'leaves an old ledger that somebody who may write nothing can check',
    async () => {
      const plant = plantOf('gw-a')
      const { document } = await run(plant, ['--confirm', 'gw-a'])
      const folder = join(temporaryFolder(onTestFinished), 'kept')
      cpSync(document.gateways[0]?.kept as string, folder, { recursive: true, preserveTimestamps: true })
      chmodSync(join(folder, '..'), 0o755)
      const isRoot = process.getuid?.() === 0
      if (isRoot)
        for (const name of ['', ...readdirSync(folder, { recursive: true, encoding: 'utf8' })])
          chownSync(join(folder, name), NOBODY, NOBODY)
      // Modes bind everybody but root.
      const as = isRoot ? { uid: NOBODY, gid: NOBODY } : {}
      const ended = await new Promise<{ status: number; output: string }>((resolve) => {
        execFile(process.execPath, [MAIN, 'fsck', '--data', folder], as, (error, stdout, stderr) =>
          resolve({ status: error === null ? 0 : Number(error.code), output: stdout + stderr }),
        )
      })
      // A slow machine is told how far it is, too.
      expect([ended.status, ended.output]).toEqual([
        0,
        expect.stringMatching(/^kept: 0 readings in 13 entries are unchanged\.$/m),
      ])
      expect(readdirSync(folder).filter((name) => /-(wal|shm|journal)$/.test(name))).toEqual([])
    },
  )
})
