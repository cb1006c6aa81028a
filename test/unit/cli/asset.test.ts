import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { asset } from '../../../src-main/cli/asset.ts'
import { invocationOf } from '../../../src-main/cli/command.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { ASSET, recorded } from '../ledger/recorded.ts'

function dataFolder(): string {
  const data = temporaryFolder(onTestFinished)
  mkdirSync(join(data, 'gateway-1'))
  writeFileSync(join(data, 'gateway-1', 'genesis.cose'), '')
  recorded(join(data, 'gateway-1'), 10).ledger.close()
  return data
}

async function run(...args: string[]): Promise<string> {
  const parts: string[] = []
  const out = vi.spyOn(process.stdout, 'write').mockImplementation((text) => parts.push(String(text)) > 0)
  try {
    const invocation = invocationOf(asset, args)
    if (invocation === 'help') throw new Error('help')
    expect(await asset.run(invocation)).toBe(0)
    return parts.join('')
  } finally {
    out.mockRestore()
  }
}

test('what the ledger has of an asset is read whether its gateway runs or not', async () => {
  const data = dataFolder()
  expect(await run('list', '--data', data)).toBe(`${ASSET}  ${ASSET} (vehicle, simulated)\n`)
  expect(await run('show', ASSET, '--data', data)).toMatch(
    /\nStreams:\n {2}[0-9a-f]{32} {2}odometer, readings 0 to now\n$/,
  )
  const lines = (await run('history', ASSET, '--data', data)).trimEnd().split('\n')
  expect(lines.map((line) => line.split('  ').slice(2))).toEqual([
    ['asset.registered', 'by gateway-1'],
    ['stream.bound', 'by gateway-2'],
  ])
})

test.each<[string, string[], RegExp]>([
  ['an asset that there is not', ['show', 'urn:own:none'], /there is no asset urn:own:none/],
  ['no word', [], /say asset list, asset show ID/],
  ['a word too many', ['list', 'all'], /say asset list, asset show ID/],
  [
    'a scheme that is none',
    ['register', 'x', '--scheme', 'VIM', '--type', 't', '--name', 'n'],
    /"VIM"\. Did you mean "VIN"/,
  ],
  ['no name', ['register', 'x', '--scheme', 'own', '--type', 't'], /The name of an asset is missing/],
  ['an attribute without a value', ['register', 'x', '--attribute', 'red'], /--attribute red: write it like/],
])('%s is refused in words', async (_, args, says) => {
  await expect(run(...args, '--data', dataFolder())).rejects.toThrow(says)
})
