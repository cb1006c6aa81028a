import { execFileSync } from 'node:child_process'
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { countsUp, shippedPacks } from '../../../src-main/gateway/folder/shipped-packs.ts'
import { defaultParameters, checkParameters } from '../../../src-main/packs/manifest.ts'
import { packRefusalSentence, wordsOfPack } from '../../../src-main/packs/shipped-words.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const root = join(import.meta.dirname, '..', '..', '..')
const packs = shippedPacks()

test('the packs are the folders below src-main/packs, and browsers have the words of each', () => {
  const folders = readdirSync(join(root, 'src-main', 'packs'), { withFileTypes: true }).filter((one) =>
    one.isDirectory(),
  )
  expect(packs.map(({ manifest }) => manifest.id)).toEqual(folders.map(({ name }) => name).toSorted())
  for (const { manifest, words } of packs) expect(wordsOfPack(manifest.id)).toEqual(words)
  expect(wordsOfPack('tyre-wear')).toBeNull()
})

test('a rule in several files is one script, in the order of their names', () => {
  const folder = join(root, 'src-main', 'packs', 'quality', 'rule')
  const files = readdirSync(folder).toSorted()
  expect(files.length).toBeGreaterThan(1)
  const { rule } = packs.find(({ manifest }) => manifest.id === 'quality')!.files
  expect(rule).toBe(files.map((name) => readFileSync(join(folder, name), 'utf8')).join(''))
})

test('a refusal by a pack is told in its own words', () => {
  expect(packRefusalSentence('odometer/WRONG_ASSET')).toBe('A reading names another vehicle.')
  expect(packRefusalSentence('odometer/trap')).toBe('the rule of the pack odometer came to no answer')
  expect(packRefusalSentence('tyre-wear/worn')).toBe('the pack tyre-wear says worn')
  expect(packRefusalSentence('no-relation')).toBeNull()
})

test('each takes the parameters that it gives itself, and no others', () => {
  for (const { manifest } of packs) {
    checkParameters(manifest, defaultParameters(manifest))
    expect(() => checkParameters(manifest, { colour: 1 })).toThrow(`parameters of ${manifest.id} hold "colour"`)
  }
})

test('a quantity that only ever counts up is known by its pack', () => {
  expect([countsUp('odometer'), countsUp('vin'), countsUp('constructor')]).toEqual([true, false, false])
})

describe.each(packs)('the pack $manifest.id', ({ manifest, files, words }) => {
  test('has words for every code that its rule gives', () => {
    const codes = new Set(
      [...files.rule.matchAll(/reason\(\s*(?:\w+ \? )?'([A-Z_]+)'(?: : '([A-Z_]+)')?/g)].flatMap((one) => one.slice(1)),
    )
    for (const [, code] of files.rule.matchAll(/code: '([A-Z_]+)'/g)) codes.add(code!)
    for (const [, code] of files.rule.matchAll(/\b(?:finding|unmeasured)\((?:characteristic, )?'([a-z-]+[a-z])'/g))
      codes.add(code!)
    codes.delete(undefined as unknown as string)
    expect(codes.size).toBeGreaterThan(15)
    for (const code of codes) expect(manifest.codes, code).toContain(code)
    for (const verdict of manifest.verdicts) expect(files.rule).toContain(`'${verdict}'`)
    for (const figure of Object.keys(manifest.figures)) expect(files.rule).toMatch(new RegExp(`\\b${figure}\\b`))
  })

  test('is the only place that knows its figures and codes', () => {
    const names = [
      ...Object.keys(words.figures).filter((name) => name.endsWith('Km')),
      ...Object.keys(words.reasons).filter((code) => code.includes('_')),
    ]
    const pattern = new RegExp(`\\b(?:${[...names, 'ROLLBACK', 'ODOMETER'].join('|')})\\b`)
    const tracked = execFileSync('git', ['ls-files', 'src-main', 'src-renderer'], { cwd: root, encoding: 'utf8' })
    const code = tracked
      .split('\n')
      .filter((path) => /\.(?:ts|svelte|json)$/.test(path) && !path.startsWith('src-main/packs/'))
    expect(code.length).toBeGreaterThan(100)
    expect(code.filter((path) => pattern.test(readFileSync(join(root, path), 'utf8')))).toEqual([])
  })
})

test('a rule names its types as a type checker reads them', () => {
  const folder = temporaryFolder(onTestFinished)
  for (const path of [
    'tsconfig.json',
    'tsconfig.pure.json',
    'tsconfig.packs.json',
    'src-main/packs',
    'src-main/wire',
    'src-main/record',
    'src-main/proof',
  ])
    cpSync(join(root, path), join(folder, path), { recursive: true })
  const rule = join(folder, 'src-main/packs/odometer/rule.js')
  writeFileSync(
    rule,
    readFileSync(rule, 'utf8')
      .replace('km(worst.apart)', 'km(worst.far)')
      .replace('Math.round(worst.apart)', 'Math.round(worst.far)'),
  )
  const tsc = join(root, 'node_modules/typescript-7/bin/tsc')
  let said = ''
  try {
    execFileSync(process.execPath, [tsc, '-p', 'tsconfig.packs.json', '--noEmit'], { cwd: folder, encoding: 'utf8' })
  } catch (error) {
    said = (error as { stdout: string }).stdout
  }
  expect(said).toMatch(/odometer\/rule\.js.*'far'/)
})
