import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { sessionFile } from '../../../src-main/api/session-file.ts'
import { Sessions } from '../../../src-main/api/sessions.ts'
import type { Role } from '../../../src-main/endpoints/model.ts'
import { nowUs } from '../../../src-main/gateway/wall-clock.ts'
import { plumbline, plumblineJson } from '../../support/plumbline-process.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const MAIN = fileURLToPath(new URL('../../../src-main/cli/main.ts', import.meta.url))
const hasScript = existsSync('/usr/bin/script')
if (!hasScript) console.warn('person: the terminal is not tried, there is no `script` on this machine (bsdutils)')

let data: string
let secret: string
const folderOf = (name: string) => join(data, name)
const person = (...args: string[]) => plumbline('person', ...args, '--data', data)
const enrol = (name: string, role: string) => person('enrol', name, '--role', role, '--passphrase-file', secret)

beforeEach(() => {
  data = temporaryFolder(onTestFinished)
  mkdirSync(folderOf('gw-1'), { mode: 0o700 })
  writeFileSync(join(folderOf('gw-1'), 'genesis.cose'), '', { mode: 0o600 })
  secret = join(data, 'secret')
  writeFileSync(secret, 'correct horse\nanother line\n')
})

test('a gateway that does not run: enrol, list, reset and end change its file, and nothing shows the passphrase', async () => {
  const enrolled = await enrol('R. Hofmann', 'member-admin')
  expect([enrolled.status, enrolled.stdout]).toEqual([0, 'R. Hofmann may sign in at gw-1 as member-admin.\n'])
  expect((await enrol('Bob', 'auditor')).status).toBe(0)
  const { document } = await plumblineJson<{ gateways: { people: object[] }[] }>('person', 'list', '--data', data)
  expect(document.gateways[0]?.people).toMatchObject([
    { name: 'Bob', role: 'auditor', enrolledBy: 'this machine', lastSignInAtUs: null, resetAtUs: null, resetBy: null },
    { name: 'R. Hofmann', role: 'member-admin' },
  ])
  const store = sessionFile(join(folderOf('gw-1'), 'sessions.json'), { warn: () => {} })
  const opened = new Sessions<Role>({ nowUs, store }).open({ name: 'Bob', role: 'auditor' })
  const ended = await person('end', 'Bob')
  expect(ended.stdout).toBe('Bob is off the list of gw-1; 1 session was ended.\n')
  // The daemon that starts next reads what is left of them.
  expect(new Sessions<Role>({ nowUs, store }).find(opened)).toBeNull()
  expect((await person('reset', 'R. Hofmann', '--passphrase-file', secret)).status).toBe(0)
  expect((await person('list')).stdout).toMatch(
    /ENROLLED BY +PASSPHRASE RESET\nR\. Hofmann +member-admin +never +this machine +\d{4}-\S+Z by this machine\n$/,
  )
  const kept = readFileSync(join(folderOf('gw-1'), 'people.json'), 'utf8')
  for (const text of [kept, enrolled.stdout, ended.stdout, JSON.stringify(document)])
    expect(text).not.toContain('correct')
})

test('says what is missing or wrong, and changes nothing', async () => {
  await enrol('R. Hofmann', 'member-admin')
  const before = readFileSync(join(folderOf('gw-1'), 'people.json'), 'utf8')
  for (const [args, status, said] of [
    [['end', 'R. Hofmann'], 3, 'is the only member-admin'],
    [['end', 'Eve'], 3, 'there is no person "Eve" at this gateway\n'],
    [['end', 'r hofmann'], 3, 'at this gateway. Did you mean "R. Hofmann"?\n'],
    [['reset', 'R. Hoffman', '--passphrase-file', secret], 3, 'Did you mean "R. Hofmann"?'],
    // As whoever reads it takes it: H and o are Cyrillic.
    [['end', 'R. \u041d\u043efmann'], 3, 'Did you mean "R. Hofmann"?'],
    [['enrol', '', '--role', 'auditor', '--passphrase-file', secret], 64, 'person enrol: the name is empty\n'],
    [['enrol', 'Eve', '--role', 'auditr'], 64, 'Did you mean "auditor"?'],
    [['enrol', 'Eve'], 64, 'which role?'],
    [['enrol', 'Eve', '--role', 'auditor'], 64, 'standard input is no terminal'],
    [['reset', 'R. Hofmann', '--role', 'auditor'], 64, 'takes no --role'],
    [['enrol', 'R.', 'Hofmann', '--role', 'auditor'], 64, 'stands in quotes'],
    [['remove', 'Eve'], 64, 'nothing of that name to do'],
    [['end', 'Eve', '--gateway', 'gw-2'], 64, 'There are: gw-1.'],
    [['enrol', 'E\u001b[2Jve', '--role', 'auditor', '--passphrase-file', secret], 3, 'no control characters'],
  ] as const) {
    const ended = await person(...args)
    expect([ended.status, ended.stderr], args.join(' ')).toEqual([status, expect.stringContaining(said)])
    expect(ended.stderr).not.toContain('\u001b')
  }
  expect(readFileSync(join(folderOf('gw-1'), 'people.json'), 'utf8')).toBe(before)
})

test('several gateways under one folder have a list each: a change names one', async () => {
  mkdirSync(folderOf('gw-2'), { mode: 0o700 })
  writeFileSync(join(folderOf('gw-2'), 'genesis.cose'), '', { mode: 0o600 })
  const refused = await enrol('Bob', 'auditor')
  expect([refused.status, refused.stderr]).toEqual([64, expect.stringContaining('All: gw-1, gw-2.')])
  expect(
    (await person('enrol', 'Bob', '--role', 'auditor', '--passphrase-file', secret, '--gateway', 'gw-2')).status,
  ).toBe(0)
  const listed = await person('list')
  expect(listed.stdout).toContain('gw-1:\nNobody is on the list.\ngw-2:\nNAME')
})

test.skipIf(!hasScript)('asks on the terminal twice, shows nothing of it, and takes no two that differ', () => {
  const inTerminal = (...lines: string[]) => {
    const command = `${process.execPath} ${MAIN} person enrol Bob --role auditor --data ${data}`
    const typed = `( ${lines.map((line) => `sleep 1.5; printf '${line}\\r'`).join('; ')}; sleep 2 )`
    return spawnSync('/bin/sh', ['-c', `${typed} | script -qec '${command}' /dev/null`], { encoding: 'utf8' }).stdout
  }
  const differs = inTerminal('correct horse', 'correct house')
  expect(differs).toContain('New passphrase of Bob')
  expect(differs).toContain('the two passphrases differ')
  expect(existsSync(join(folderOf('gw-1'), 'people.json'))).toBe(false)
  const same = inTerminal('correct horse', 'correct horse')
  expect(same).toContain('Bob may sign in at gw-1 as auditor.')
  for (const shown of [differs, same]) expect(shown).not.toContain('horse')
})
