import { spawnSync } from 'node:child_process'
import { resolve } from 'node:path'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { certificate } from '../../../src-main/cli/certificate.ts'
import { helpOf, invocationOf, type Command } from '../../../src-main/cli/command.ts'
import { condition } from '../../../src-main/cli/condition.ts'
import { event } from '../../../src-main/cli/event.ts'
import { log } from '../../../src-main/cli/log.ts'
import { person } from '../../../src-main/cli/person.ts'
import { status } from '../../../src-main/cli/status.ts'

const command: Command = { name: 'x', usage: 'x', summary: '', options: {}, run: async () => 0 }
const EVIL = 'hall\x1b[2J\u202e\r'

afterEach(() => vi.restoreAllMocks())

/** What a command that prints and says this writes to standard output. */
function written(...args: string[]): string {
  let out = ''
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => ((out += String(text)), true))
  vi.spyOn(process.stderr, 'write').mockImplementation(() => true)
  const invocation = invocationOf(command, args)
  if (invocation === 'help') throw new Error('help')
  invocation.say(`said ${EVIL}`)
  invocation.print({ name: EVIL }, `printed\n${EVIL}`)
  return out
}

test('whatever a command prints or says, it steers no terminal; its own lines stay', () => {
  const shown = String.raw`hall\u{1B}[2J\u{202E}\u{D}`
  expect(written()).toBe(`said ${shown}\nprinted\n${shown}\n`)
})

test('under --json the document says in escapes of JSON what was there', () => {
  const out = written('--json')
  expect(out).toBe('{\n  "name": "hall\\u001b[2J\\u202e\\r"\n}\n')
  expect(JSON.parse(out)).toEqual({ name: EVIL })
})

test.each([
  ['event', event, /0 recorded, 1 refused .*, 2 signed and waiting .*,\n3 nothing was signed .* 64 wrong usage/],
  ['person', person, /0 done; 1 refused by the ledger, 2 signed .*; 3 refused, .* 64 wrong usage/s],
  ['condition', condition, /0 done, 1 refused .*, 3 the gateway does not answer, 64 wrong usage/],
  [
    'certificate',
    certificate,
    /0 done, .*; 1 refused, .*,\n2 the ledger does not have the certificate .*, 3 the gateway does not answer,\n64 wrong usage/,
  ],
  ['log', log, /0 printed, 3 there is no such proof \(yet\), 64 wrong usage/],
  ['status', status, /2 cannot tell \(also where a gateway does not run\), 64 where there is no gateway yet/],
])('the help of %s says what it ends with', (_, one, words) => {
  expect(helpOf(one)).toMatch(words)
})

test('what goes wrong under --json is one document on standard output, and text on standard error', () => {
  const {
    status: exit,
    stdout,
    stderr,
  } = spawnSync(process.execPath, [resolve('src-main/cli/main.ts'), 'status', '--json', '--data', '/nope'], {
    encoding: 'utf8',
  })
  expect([exit, JSON.parse(stdout), stderr]).toEqual([
    64,
    {
      error: {
        code: 'usage',
        message: 'there is no gateway under /nope',
        next: 'Start one, or give its folder with --data DIR.',
      },
    },
    expect.stringMatching(/^plumbline: there is no gateway under/),
  ])
})

describe('a word that was misspelt is answered with the one that was meant, and exit status 64', () => {
  const ended = (...args: string[]): [number | null, string] => {
    const run = spawnSync(process.execPath, [resolve('src-main/cli/main.ts'), ...args], { encoding: 'utf8' })
    return [run.status, run.stderr]
  }

  test.each([
    [['statsu'], /there is no command "statsu"\. Did you mean "status"\?\nCommands: demo, start, status,/],
    [['xyzzy'], /there is no command "xyzzy"\.\nCommands: /],
    [['console', '--role', 'boss'], /there is no role "boss"\.\nRoles: installer, technician, site-manager,/],
    [['console', '--role', 'auditer'], /there is no role "auditer"\. Did you mean "auditor"\?\nRoles: /],
    [['status', 'now'], /status now: status takes no words, only options\n/],
    [['status', '--data', '/nope'], /there is no gateway under \/nope\n/],
    [['config', 'check', '/nope'], /cannot read \/nope: there is no such file\nGive the path of an existing file\.\n$/],
    [['config', 'check', '/'], /cannot read \/: it is a folder\n/],
    [['condition', 'lst'], /with a code\. Did you mean "list"\?\n/],
    [['certificate', '--data', '/nope'], /say what to do: certificate issue, list, revoke or status\.\n/],
    [['certificate', 'issue', '--data', '/nope'], /which asset\? --asset ID\n/],
    [['log', '--data', '/nope'], /say what to print: log checkpoint,/],
    [['log', 'prove', 'x', '--data', '/nope'], /INDEX must be a whole number\n/],
    [['export', '--data', '/nope'], /say either where to write/],
    [['export', '--out', 'x.xls', '--data', '/nope'], /x\.xls does not say in which format\n/],
    [['status', '--jsn'], /Unknown option '--jsn'\. Did you mean "--json"\?\nSee: plumbline status --help/],
  ])('%j', (args, words) => {
    const [exit, said] = ended(...args)
    expect(exit).toBe(64)
    expect(said).toMatch(words)
  })
})
