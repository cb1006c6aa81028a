import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { CONFIG_BYTES_MAX } from '../../../../src-main/gateway/folder/config-text.ts'
import { checkConfig, loadConfig } from '../../../../src-main/gateway/folder/config.ts'

const NAMES = 'abcdefghi'

/** Ten lines that unfold into a thousand million values. */
function aliasBomb(): string {
  const line = (name: string, i: number): string => {
    const before = NAMES[i - 1]
    return `${name}: &${name} [${Array(9)
      .fill(before === undefined ? 'x' : `*${before}`)
      .join(', ')}]`
  }
  return [...NAMES].map(line).join('\n')
}

test('an alias bomb is a problem at the line that unfolds it', () => {
  const { config, problems } = checkConfig(`name: gw-1\n${aliasBomb()}\n`)
  expect(config).toBeNull()
  expect(problems).toEqual([
    { path: '', line: 10, column: expect.any(Number), message: expect.stringContaining('stand for too many values') },
  ])
})

test('an alias without an anchor, and one that holds itself, are problems at their line', () => {
  expect(checkConfig('name: gw-1\nsite: *nowhere\n').problems).toMatchObject([
    { line: 2, message: expect.stringContaining('put its anchor') },
  ])
  expect(checkConfig('name: gw-1\nsources: &a [*a]\n').problems[0]?.line).toBe(2)
})

test('a few aliases are followed', () => {
  expect(checkConfig('name: gw-1\nsite: &s Hall 2\nlegalName: *s\n').config).toMatchObject({ legalName: 'Hall 2' })
})

test.each([
  ['brackets', `name: gw-1\nsources: ${'['.repeat(200_000)}\n`, 2],
  ['indentation', Array.from({ length: 1000 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n'), expect.any(Number)],
  ['dashes', `name: gw-1\nsources:\n  ${'- '.repeat(10_000)}x\n`, 3],
])('nesting without end by %s is a problem with its line', (_, text, line) => {
  expect(checkConfig(text).problems).toEqual([
    { path: '', line, column: expect.any(Number), message: expect.stringContaining('levels deep') },
  ])
})

test('a file that is too large, or has no end, is refused', () => {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-config-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'gateway.yaml')
  writeFileSync(file, 'name: gw-1\n')
  truncateSync(file, CONFIG_BYTES_MAX + 1)
  expect(() => loadConfig(file)).toThrow(
    expect.objectContaining({ code: 'config_unreadable', message: expect.stringContaining('it is larger than') }),
  )
  expect(() => loadConfig('/dev/zero')).toThrow(expect.objectContaining({ code: 'config_unreadable' }))
})
