import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { IssuedCertificates } from '../../../../src-main/gateway/evidence/issued-certificates.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'
import { issue, makeVehicle, materialOf, SIGNED_AT, VIN } from '../../certificates/vehicle.ts'

const NUMBER = 'A1B2C3D4E5'

async function issued(number = NUMBER): Promise<Uint8Array> {
  const vehicle = await makeVehicle({ days: 4 })
  const stated = { number, language: 'de', releasedBy: 'M. Lindner' }
  return issue(vehicle, { ...materialOf(vehicle), stated })
}

function register(folder: string): { register: IssuedCertificates; damaged: string[] } {
  const damaged: string[] = []
  return { register: new IssuedCertificates(folder, (number) => void damaged.push(number)), damaged }
}

test('what the register says of a certificate stands in its file, before and after a restart', async () => {
  const folder = temporaryFolder(onTestFinished)
  const first = register(folder).register
  const bytes = await issued()
  first.add(NUMBER, bytes)
  const again = register(folder).register
  expect(again.list()).toEqual(first.list())
  expect(again.list()).toMatchObject([
    { id: NUMBER, asset: VIN, verdict: 'logical', issuedBy: 'M. Lindner', language: 'de', simulated: false },
  ])
  expect(again.list()[0]!.issuedAtUs).toBe(Date.parse(SIGNED_AT) * 1000)
  expect(Buffer.compare(again.read(NUMBER)!.bytes, bytes)).toBe(0)
})

test('a file that was changed on disk is neither listed nor handed out, and says so', async () => {
  const folder = temporaryFolder(onTestFinished)
  const open = register(folder).register
  open.add(NUMBER, await issued())
  const path = join(folder, `${NUMBER}.plumb`)
  const bytes = readFileSync(path)
  const at = bytes.indexOf('"verdict":"logical"') + 13
  bytes[at] = bytes[at]! ^ 1
  writeFileSync(path, bytes)
  expect(() => open.read(NUMBER)).toThrow(expect.objectContaining({ code: 'certificate_damaged' }))
  const { register: after, damaged } = register(folder)
  expect([after.list(), damaged]).toEqual([[], [NUMBER]])
})

test('a genuine file under another number is not that certificate, and no number leads out of the folder', async () => {
  const folder = temporaryFolder(onTestFinished)
  writeFileSync(join(folder, 'FFFF0000.plumb'), await issued())
  const { register: open, damaged } = register(folder)
  expect([open.list(), damaged]).toEqual([[], ['FFFF0000']])
  for (const number of ['../keys/entry', '', 'a1b2c3d4e5', NUMBER]) expect(open.read(number)).toBeNull()
})
