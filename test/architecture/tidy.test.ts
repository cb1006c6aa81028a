import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { root } from './planted.ts'

const FILE_LINES_MAX = 400
const CORE = /^src-main\/(?:wire|proof|packs|certificates|endpoints|ledger|consensus)\//
/** The links to the peers are I/O: they own their timers, the replica they serve does not. */
const LINKS = /^src-main\/consensus\/peer[\w-]*\.ts$/

/** Files that git knows or would take, without what tools write. */
const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  cwd: root,
  encoding: 'utf8',
})
  .split('\n')
  .filter((path) => /^(?:src-main|src-renderer|native|test)\//.test(path))
  .filter((path) => /\.(?:ts|mjs|svelte|rs|css)$/.test(path) && !path.startsWith('src-renderer/paraglide/'))
  .filter((path) => existsSync(join(root, path)))
const textOf = (path: string): string => readFileSync(join(root, path), 'utf8')

/** @returns `file:line text` of every line that matches, comments and strings included */
function linesThatMatch(paths: readonly string[], pattern: RegExp): string[] {
  return paths.flatMap((path) =>
    textOf(path)
      .split('\n')
      .flatMap((line, index) => (pattern.test(line) ? [`${path}:${index + 1} ${line.trim()}`] : [])),
  )
}

describe('every file', () => {
  test(`is at most ${FILE_LINES_MAX} lines long; longer tests are listed`, () => {
    const long = files
      .map((path) => ({ path, lines: textOf(path).split('\n').length - 1 }))
      .filter(({ lines }) => lines > FILE_LINES_MAX)
    const tests = long.filter(({ path }) => path.startsWith('test/'))
    if (tests.length > 0) console.warn(`long tests: ${tests.map(({ path, lines }) => `${path} (${lines})`).join(', ')}`)
    expect(long.filter((one) => !tests.includes(one))).toEqual([])
  })

  test('has a kebab-case name; components and Rust modules follow their own custom', () => {
    const ok = (path: string): boolean => {
      if (path.endsWith('.svelte')) return /^[A-Z][A-Za-z0-9]*\.svelte$/.test(basename(path))
      if (path.endsWith('.rs')) return /^[a-z][a-z0-9_]*\.rs$/.test(basename(path))
      return /^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.(?:test|svelte|d|config))*\.(?:ts|mjs|css)$/.test(basename(path))
    }
    expect(files.filter((path) => !ok(path))).toEqual([])
  })

  test('holds no unfinished business', () => {
    // This file names the words to look for, so it is not looked at.
    const others = files.filter((path) => path !== 'test/architecture/tidy.test.ts')
    expect(linesThatMatch(others, /\b(?:TODO|FIXME|XXX|HACK)\b/)).toEqual([])
  })

  test('skips and focuses no test by hand', () => {
    const tests = files.filter((path) => path.endsWith('.test.ts') && !path.startsWith('test/architecture/'))
    expect(linesThatMatch(tests, /\b(?:test|it|describe)\.(?:only|skip|todo)\(/)).toEqual([])
  })
})

describe('the core', () => {
  const core = files.filter((path) => CORE.test(path) && path.endsWith('.ts') && !LINKS.test(path))

  test('is looked at', () => {
    expect(core.length).toBeGreaterThan(40)
  })

  test('never asks for the time', () => {
    expect(
      linesThatMatch(core, /\bDate\.now\(|\bnew Date\(\)|\bperformance\.now\(|\bsetTimeout\(|\bsetInterval\(/),
    ).toEqual([])
  })

  test('never throws dice', () => {
    const dice = /\bMath\.random\(|\brandomBytes\(|\brandomUUID\(|\bgetRandomValues\(/
    expect(linesThatMatch(core, dice)).toEqual([])
  })
})

describe('names', () => {
  const code = files.filter((path) => /^src-.*\.ts$/.test(path) && !path.endsWith('.d.ts'))

  test('no exported name ends in a word that says nothing', () => {
    const empty =
      /^export (?:abstract )?(?:class|interface|type|function|const) \w*(?:Manager|Service|Helper|Helpers|Util|Utils)\b/
    expect(linesThatMatch(code, empty)).toEqual([])
  })

  test('no file passes another one on (barrel)', () => {
    expect(linesThatMatch(code, /^export \* from/)).toEqual([])
  })
})
