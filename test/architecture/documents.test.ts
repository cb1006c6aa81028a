import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { inRoot } from '../../src-main/cli/launch/root.mjs'

const read = (path: string) => readFileSync(inRoot(path), 'utf8')
const named = (text: string, pattern: RegExp) => [...new Set([...text.matchAll(pattern)].map((match) => match[1]!))]

describe.each(['README.md', 'CONTRIBUTING.md', 'docs/SECURITY.md', 'docs/OPERATION.md'])('%s', (document) => {
  const text = read(document)

  test('names no file that is not there', () => {
    const files = named(text, /`((?:test|src-main|src-renderer|native|docs)\/[\w./-]+)`/g)
    expect(files.filter((file) => !existsSync(inRoot(file)))).toEqual([])
  })

  test('names no script and no command that is not there', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
    expect(named(text, /npm run ([\w:-]+)/g).filter((script) => !(script in scripts))).toEqual([])
    const known = named(read('src-main/cli/main.ts'), /^ {2}'?([a-z-]+)'?: \{/gm)
    const commands = named(text, /`plumbline ([a-z]+)\b/g)
    expect(known.length).toBeGreaterThan(10)
    expect(commands.filter((command) => !known.includes(command))).toEqual([])
  })
})

test('the list of requirements says of each what holds or what is missing', () => {
  const rows = [...read('docs/SECURITY.md').matchAll(/^\| ((?:CR|SAR) [\d.]+)[^|]*\| ([^|]+) \| ([^|]*)\|$/gm)]
  expect(rows.length).toBeGreaterThan(40)
  for (const [, name, state, why] of rows) {
    expect(['met', 'part', 'no', 'n/a'], name).toContain(state)
    if (state !== 'n/a') expect(why!.trim().length, name).toBeGreaterThan(10)
  }
})
