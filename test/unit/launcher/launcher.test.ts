import { spawnSync } from 'node:child_process'
import { cpSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { startArguments } from '../../../src-main/cli/launch/npm-arguments.mjs'
import { checkPreconditions } from '../../../src-main/cli/launch/preconditions.mjs'
import { inRoot } from '../../../src-main/cli/launch/root.mjs'
import { countCargo, countVitest, failuresOfVitest, sum } from '../../../src-main/cli/launch/test-counts.mjs'
import { temporaryFolder } from '../../support/temporary-folder.ts'

describe('npm start', () => {
  test.each([
    [[], ['demo']],
    [
      ['--drill', 'tamper'],
      ['demo', '--drill', 'tamper'],
    ],
    [
      ['--port', '9000', '--data', '/x'],
      ['demo', '--port', '9000', '--data', '/x'],
    ],
    [
      ['--gateway', '--config', 'g.yaml'],
      ['start', '--config', 'g.yaml'],
    ],
    [
      ['--config', 'g.yaml', '--gateway'],
      ['start', '--config', 'g.yaml'],
    ],
    [
      ['status', '--json'],
      ['status', '--json'],
    ],
    [['--help'], ['demo', '--help']],
  ])('with %j means plumbline %j', (given, meant) => {
    expect(startArguments(given)).toEqual(meant)
  })
})

describe('preconditions', () => {
  const fine = { nodeVersion: '20.11.1', npmUserAgent: 'npm/11.2.0 node/v20.11.1 linux x64', exists: () => true }

  test('Node 20 with npm 11 is enough, and npm is not asked about when it did not start us', () => {
    expect(() => checkPreconditions(fine)).not.toThrow()
    expect(() => checkPreconditions({ ...fine, npmUserAgent: undefined })).not.toThrow()
  })

  test.each([
    [{ nodeVersion: '18.20.0' }, /Node 20 or newer.*this is Node 18\.20\.0/],
    [
      { npmUserAgent: 'npm/10.8.2 node/v20.11.1 linux x64' },
      /npm 11 or newer.*this is npm 10\.8\.2.*npm install --global npm@11/,
    ],
    [{ exists: () => false }, /not installed.*Run: npm ci/],
    [{ exists: (path: string) => path.endsWith('node_modules') }, /Node 24 is missing.*npm ci/],
    [{ isNodePackaged: false }, /no package of Node 24 for this platform; this is Node 20\.11\.1\. Install Node 24/],
  ])('%j is refused with what to do about it', (seen, message) => {
    expect(() => checkPreconditions({ ...fine, ...seen })).toThrow(message)
  })
})

describe('npm test', () => {
  test('runs nothing and fails where one of several names matches no test file', () => {
    const args = ['--npm-test', '--project', 'vectors', 'merkle', 'no-such-file', 'test/unit/wire']
    const ended = spawnSync(process.execPath, [inRoot('src-main/cli/plumbline.mjs'), ...args], { encoding: 'utf8' })
    expect([ended.status, ended.stdout]).toEqual([1, '\n0 passed, 1 failed, 0 skipped\n'])
    expect(ended.stderr).toContain('"no-such-file" or "test/unit/wire" in its path')
  })
})

describe('npm run check', () => {
  const folder = temporaryFolder(afterAll)

  test('needs no build before it: in a fresh clone it compiles the messages of the console, and says so', () => {
    const clone = join(folder, 'clone')
    for (const part of [
      'src-main',
      'src-renderer',
      'native/cargo.mjs',
      'package.json',
      'tsconfig.json',
      'tsconfig.launcher.json',
    ])
      cpSync(inRoot(part), join(clone, part), {
        recursive: true,
        filter: (path) => !/\/paraglide(?:\/|$)|project\.inlang\/(?!settings)/.test(path),
      })
    symlinkSync(inRoot('node_modules'), join(clone, 'node_modules'))
    const check = (step: string) => {
      const args = [join(clone, 'src-main/cli/plumbline.mjs'), '--npm-check', step]
      return spawnSync(process.execPath, args, { encoding: 'utf8' })
    }
    // One that is quick: what each step says of the checkout, continuous integration shows.
    const first = check('types of the launcher')
    expect(first.stderr).toBe('console: compiling its messages, which its checks need\n')
    expect(first.stdout).toMatch(/^ok {5}types of the launcher \(tsc\)/)
    expect(first.status).toBe(0)
    expect(check('types of the launcher').stderr, 'once').toBe('')
  }, 180_000)
})

describe('the total of all tests', () => {
  const report = (more: object = {}) =>
    JSON.stringify({
      numPassedTests: 5,
      numFailedTests: 0,
      numPendingTests: 2,
      numTodoTests: 1,
      testResults: [],
      ...more,
    })

  test('adds up what vitest reports', () => {
    expect(countVitest(report(), 0)).toEqual({ passed: 5, failed: 0, skipped: 3 })
    expect(countVitest(report({ numFailedTests: 2 }), 1)).toEqual({ passed: 5, failed: 2, skipped: 3 })
  })

  test('counts a file that did not load, an error outside tests, and a run without a report as failures', () => {
    const broken = [{ status: 'failed', assertionResults: [] }]
    expect(countVitest(report({ testResults: broken }), 1).failed).toBe(1)
    expect(countVitest(report(), 1).failed).toBe(1)
    expect(countVitest(null, 1).failed).toBe(1)
    expect(countVitest(null, 0).failed).toBe(0)
  })

  test('comes with the name and the reason of each failure', () => {
    const testResults = [
      { name: '/p/test/a.test.ts', status: 'failed', message: 'no such module\n at x', assertionResults: [] },
      {
        name: '/p/test/b.test.ts',
        status: 'failed',
        message: '',
        assertionResults: [
          { status: 'passed', fullName: 'b holds', failureMessages: [] },
          { status: 'failed', fullName: 'b breaks', failureMessages: ['expected 1 to be 2\n at y'] },
        ],
      },
    ]
    expect(failuresOfVitest(report({ testResults }), '/p')).toEqual([
      'test/a.test.ts: did not load: no such module',
      'test/b.test.ts: b breaks: expected 1 to be 2',
    ])
    expect(failuresOfVitest(null, '/p')).toEqual([])
  })

  test('adds up the lines of cargo test, and counts a crate that does not compile', () => {
    const output = [
      'running 3 tests',
      'test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s',
      'test result: FAILED. 4 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s',
    ].join('\n')
    expect(countCargo(output, 101)).toEqual({ passed: 7, failed: 2, skipped: 1 })
    expect(countCargo('error: could not compile', 101)).toEqual({ passed: 0, failed: 1, skipped: 0 })
  })

  test('is the sum', () => {
    const one = { passed: 1, failed: 2, skipped: 3 }
    expect(sum([one, one])).toEqual({ passed: 2, failed: 4, skipped: 6 })
    expect(sum([])).toEqual({ passed: 0, failed: 0, skipped: 0 })
  })
})
