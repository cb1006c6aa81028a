import {
  chmodSync,
  chownSync,
  lchownSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { gatewayFolder, type GatewayFolder } from '../../../../src-main/gateway/folder/data-folder.ts'
import { guardConfig, guardFolder, guardParent } from '../../../../src-main/gateway/folder/folder-guard.ts'

const STRANGER = 12_345
const isRoot = process.getuid?.() === 0

let data: string
let folder: GatewayFolder
beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'plumbline-guard-'))
  folder = gatewayFolder(join(data, 'gw-1'))
  mkdirSync(folder.root, { mode: 0o700 })
  for (const inner of [folder.trust, folder.keys]) mkdirSync(inner, { mode: 0o700 })
  for (const file of [folder.people, folder.config, join(folder.trust, 'policy'), join(folder.keys, 'entry.pem')])
    writeFileSync(file, '', { mode: 0o600 })
})
afterEach(() => rmSync(data, { recursive: true }))

describe.skipIf(process.platform === 'win32')('a folder', () => {
  test("that is the account's own is taken without a word", () => {
    expect(guardFolder(folder)).toEqual([])
    expect(() => guardParent(data)).not.toThrow()
  })

  test('that others may read is closed to them, and that is said', () => {
    chmodSync(folder.root, 0o755)
    expect(guardFolder(folder)).toEqual([expect.stringContaining('(mode 755); it is closed to them now')])
    expect(statSync(folder.root).mode & 0o777).toBe(0o700)
  })

  test.each([0o777, 0o770, 0o702])('that others may write to is refused with what to do (%o)', (mode) => {
    chmodSync(folder.root, mode)
    expect(() => guardFolder(folder)).toThrow(
      expect.objectContaining({ code: 'not_private', next: expect.stringContaining(`chmod 700 ${folder.root}`) }),
    )
    expect(statSync(folder.root).mode & 0o777).toBe(mode)
  })

  test('is refused for what lies in it and others may write to', () => {
    for (const [path, mode, next] of [
      [folder.people, 0o666, `chmod go-w ${folder.people}`],
      [folder.trust, 0o777, `chmod 700 ${folder.trust}`],
      [join(folder.trust, 'policy'), 0o620, 'chmod go-w'],
      [join(folder.keys, 'entry.pem'), 0o602, 'chmod go-w'],
    ] as const) {
      const before = statSync(path).mode
      chmodSync(path, mode)
      expect(() => guardFolder(folder), path).toThrow(
        expect.objectContaining({ code: 'not_private', next: expect.stringContaining(next) }),
      )
      chmodSync(path, before)
    }
    writeFileSync(folder.log, '')
    chmodSync(folder.log, 0o664)
    expect(guardFolder(folder)).toEqual([])
  })

  test.skipIf(!isRoot)('is refused for what another account has put there', () => {
    writeFileSync(folder.log, '')
    for (const path of [folder.people, folder.log, folder.root, folder.keys, join(folder.trust, 'policy')]) {
      chownSync(path, STRANGER, STRANGER)
      expect(() => guardFolder(folder), path).toThrow(
        expect.objectContaining({
          code: 'not_private',
          message: expect.stringContaining(`${path} belongs to another account (uid ${STRANGER})`),
          next: expect.stringContaining(`sudo chown -h 0 ${path}`),
        }),
      )
      chownSync(path, 0, 0)
    }
    rmSync(folder.people)
    symlinkSync(folder.config, folder.people)
    lchownSync(folder.people, STRANGER, STRANGER)
    expect(() => guardFolder(folder)).toThrow(expect.objectContaining({ code: 'not_private' }))
  })

  test("of gateways may be readable, and writable where nobody can move what is another's", () => {
    chmodSync(data, 0o755)
    expect(() => guardParent(data)).not.toThrow()
    chmodSync(data, 0o777)
    expect(() => guardParent(data)).toThrow(expect.objectContaining({ code: 'not_private' }))
    chmodSync(data, 0o1777)
    expect(() => guardParent(data)).not.toThrow()
  })
})

test.skipIf(process.platform === 'win32')('a configuration may be read by others and not be written to', () => {
  chmodSync(folder.config, 0o644)
  expect(() => guardConfig(folder.config)).not.toThrow()
  chmodSync(folder.config, 0o664)
  expect(() => guardConfig(folder.config)).toThrow(
    expect.objectContaining({
      code: 'config_not_private',
      next: expect.stringContaining(`chmod go-w ${folder.config}`),
    }),
  )
  expect(() => guardConfig(join(data, 'nowhere'))).not.toThrow()
  expect(() => guardConfig('/dev/null')).not.toThrow()
})
