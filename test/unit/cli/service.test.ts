import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, onTestFinished, test } from 'vitest'
import { serviceCommand, serviceUnit } from '../../../src-main/cli/service-unit.ts'
import { inRoot, packagedNode } from '../../../src-main/cli/launch/root.mjs'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const folder = temporaryFolder(afterAll)
const program = inRoot('src-main/cli/main.ts')
const parts = { node: packagedNode, program, data: '/var/lib/plumbline', serialGroup: 'dialout' }

function plumbline(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(packagedNode, [program, 'service', ...args], { encoding: 'utf8' })
  return { status, stdout, stderr }
}

const hasSystemd = spawnSync('systemd-analyze', ['--version']).status === 0
if (!hasSystemd) console.info('systemd-analyze is missing: the unit is not checked by systemd itself')

/** What systemd has to say of a unit; nothing when it is right. */
function complaints(unit: string): string {
  const file = join(folder, 'plumbline.service')
  writeFileSync(file, unit)
  return spawnSync('systemd-analyze', ['verify', file], { encoding: 'utf8' }).stderr
}

describe('the unit', () => {
  test.skipIf(!hasSystemd)('is one that systemd understands, whatever the folders are called', () => {
    expect(complaints(serviceUnit(parts))).toBe('')
    expect(complaints(serviceUnit({ ...parts, serialGroup: null }))).toBe('')
    const odd = join(folder, 'a %n ü', 'node')
    mkdirSync(join(odd, '..'), { recursive: true })
    writeFileSync(odd, '', { mode: 0o755 })
    chmodSync(odd, 0o755)
    expect(complaints(serviceUnit({ ...parts, node: odd, data: '/srv/a b/plumbline' }))).toBe('')
  })

  test.skipIf(!hasSystemd)(
    'would be refused with a word that systemd does not know, and with a program that is not there',
    () => {
      expect(complaints(serviceUnit(parts).replace('Restart=always', 'Restart=allways'))).toContain('allways')
      expect(complaints(serviceUnit({ ...parts, node: '/nowhere/node' }))).toContain('/nowhere/node')
    },
  )

  // The other is for supervisors that read no unit.
  test.each(['the unit', 'docs/OPERATION.md'])(
    '%s runs a gateway, which ends with 0 when it is stopped',
    async (by) => {
      const data = join(temporaryFolder(onTestFinished), 'plumbline')
      mkdirSync(data, { recursive: true, mode: 0o700 })
      writeFileSync(join(data, 'gateway.yaml'), 'name: gw-1\nconsole: { port: 0 }\nsources: []\n', { mode: 0o600 })
      const unit = serviceUnit({ ...parts, data })
      const [, home] = /^Environment=XDG_DATA_HOME=(.+)$/m.exec(unit) ?? []
      const command =
        by === 'the unit'
          ? /^ExecStart=(.+)$/m.exec(unit)![1]!
          : /`(node src-main\/cli\/plumbline\.mjs start --data) DIR`/.exec(readFileSync(inRoot(by), 'utf8'))![1]! +
            ` ${data}`
      const [file, ...args] = command.replace(/^node /, `${process.execPath} `).split(' ')
      const child = spawn(file!, args, { cwd: inRoot('.'), env: { XDG_DATA_HOME: home, PATH: '/usr/bin:/bin' } })
      let said = ''
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        said += text
        if (said.includes('plumbline console prints')) child.kill('SIGTERM')
      })
      expect(await once(child, 'exit')).toEqual([0, null])
      expect(said).toContain(`Data: ${data}`)
      expect(said).not.toContain('sign-in?code')
    },
  )
})

test('the command beside it calls the program on the folder of the service, with names that a shell would read otherwise', () => {
  const data = join(folder, "it's $HERE", 'plumbline')
  const script = serviceCommand({ ...parts, data }).replace('id -un', 'echo plumbline')
  const { stdout } = spawnSync('sh', ['-c', script, 'plumbline', 'start', '--help'], { encoding: 'utf8' })
  expect(stdout).toContain(`(default: ${data})`)
})

describe('plumbline service', () => {
  test('installs its files below a root for an image, and takes them away again', () => {
    const root = join(folder, 'image')
    expect(plumbline('install', '--root', root, '--dry-run').stdout).toContain('Nothing of this was done.')
    expect(existsSync(root)).toBe(false)
    expect(plumbline('install', '--root', root)).toMatchObject({ status: 0, stderr: '' })
    const [unit, command] = [join(root, 'etc/systemd/system/plumbline.service'), join(root, 'usr/local/bin/plumbline')]
    expect([statSync(unit).mode & 0o777, statSync(command).mode & 0o777]).toEqual([0o644, 0o755])
    expect(readFileSync(unit, 'utf8')).toBe(plumbline('unit').stdout)
    expect(plumbline('uninstall', '--root', root).status).toBe(0)
    expect([existsSync(unit), existsSync(command)]).toEqual([false, false])
  })

  test('says what it would do, on a machine without systemd and to whoever asks', () => {
    // As user, a checkout is in the wrong place; that is said before anything of the machine is asked.
    const { stdout, stderr } = plumbline('install', '--dry-run')
    expect(stderr).not.toMatch(/systemd does not run|Run it with sudo/)
    if (stderr === '') expect(stdout).toMatch(/systemctl enable plumbline\.service\n.*Nothing of this was done\./s)
    expect(plumbline('uninstall', '--dry-run').stderr).not.toMatch(/systemd does not run|Run it with sudo/)
  })

  test('writes over nothing that is not its own, and through no link', () => {
    const root = join(folder, 'taken')
    const command = join(root, 'usr/local/bin/plumbline')
    mkdirSync(join(command, '..'), { recursive: true })
    const linked = join(folder, 'linked.mjs')
    writeFileSync(linked, 'a program')
    symlinkSync(linked, command)
    expect(plumbline('install', '--root', root)).toMatchObject({ status: 64, stderr: expect.stringContaining(command) })
    expect(plumbline('uninstall', '--root', root).status).toBe(0)
    expect([readFileSync(linked, 'utf8'), existsSync(command)]).toEqual(['a program', true])
  })

  test.each([
    [[], 'service needs to know what to do'],
    [['instal'], 'there is no "service instal"'],
    [['unit', '--data', '/srv/a"b/plumbline'], 'systemd takes no path like /srv/a"b/plumbline'],
    [['unit', '--data', '/srv/records'], 'the data folder of a service is called "plumbline", not /srv/records'],
  ])('%j is refused with what to do', (args, complaint) => {
    const { status, stderr } = plumbline(...args)
    expect([status, stderr]).toEqual([64, expect.stringContaining(complaint)])
    expect(stderr.trim().split('\n')).toHaveLength(2)
  })

  test('says that a program which other accounts may not read, or may change, is in the wrong place', () => {
    const hidden = join(folder, 'hidden')
    mkdirSync(hidden, { mode: 0o700 })
    const copy = join(hidden, 'node')
    spawnSync('cp', [packagedNode, copy])
    const install = () =>
      spawnSync(copy, [program, 'service', 'install', '--dry-run'], { encoding: 'utf8' }).stderr.split('\n')[0]
    const { status, stderr } = spawnSync(copy, [program, 'service', 'install', '--root', join(folder, 'none')], {
      encoding: 'utf8',
    })
    expect([status, stderr]).toEqual([64, expect.stringContaining(`may not read ${hidden}`)])
    expect(existsSync(join(folder, 'none'))).toBe(false)
    for (const one of [folder, hidden, copy]) chmodSync(one, 0o755)
    if (process.getuid?.() === 0) chownSync(copy, 65_534, 65_534)
    expect(install()).toContain("another account than the system's own may change /")
    if (process.getuid?.() !== 0) return
    chownSync(copy, 0, 0)
    chmodSync(hidden, 0o777)
    expect(install()).toMatch(/may change .*hidden$/)
    chmodSync(hidden, 0o755)
    expect(install()).not.toContain('may change')
  })
})
