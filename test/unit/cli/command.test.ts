import { spawnSync } from 'node:child_process'
import { resolve } from 'node:path'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { helpOf, invocationOf, type Command } from '../../../src-main/cli/command.ts'
import { event } from '../../../src-main/cli/event.ts'
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
  ['person', person, /0 done; 3 refused, .* 64 wrong usage/],
  ['status', status, /2 cannot tell \(also where a gateway does not run\), 64 where there is no gateway yet/],
])('the help of %s says what it ends with', (_, one, words) => {
  expect(helpOf(one)).toMatch(words)
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
    [['status', '--jsn'], /Unknown option '--jsn'\. Did you mean "--json"\?\nSee: plumbline status --help/],
  ])('%j', (args, words) => {
    const [exit, said] = ended(...args)
    expect(exit).toBe(64)
    expect(said).toMatch(words)
  })
})
