import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { PlantedTree } from './planted.ts'

const PURE = ['wire', 'proof', 'record', 'packs', 'certificates', 'endpoints']

describe('the pure tsconfig', () => {
  const tree = new PlantedTree(['tsconfig.json', 'tsconfig.pure.json', ...PURE.map((layer) => `src-main/${layer}`)])
  afterAll(() => tree.dispose())
  const pathOf = (layer: string) => `src-main/${layer}/planted.ts`
  let output = ''

  // That they pass as they are, `npm run check` says.
  beforeAll(async () => {
    const lines = [
      "import { readFileSync } from 'node:fs'",
      'export const read = readFileSync',
      'export const pid = process.pid',
      'export const bytes = Buffer.alloc(1)',
      'export const page = document.title',
      'export const later = setTimeout',
      'export const get = fetch',
    ]
    for (const layer of PURE) tree.plant(pathOf(layer), `${lines.join('\n')}\n`)
    const checked = await tree.run('typescript-7/bin/tsc', ['-p', 'tsconfig.pure.json', '--noEmit'])
    output = checked.output
    expect(checked.status).not.toBe(0)
  })

  test.each(PURE)('refuses Node, the DOM and timers planted in %s, beside all that is there already', (layer) => {
    for (const line of [1, 3, 4, 5, 6, 7]) expect(output).toContain(`${pathOf(layer)}(${line},`)
  })

  test('refuses nothing else', () => {
    const others = output
      .split('\n')
      .filter((line) => /\(\d+,\d+\): error/.test(line) && !line.includes('/planted.ts('))
    expect(others).toEqual([])
  })
})

describe('the linter', () => {
  const tree = new PlantedTree(['.oxlintrc.json'])
  afterAll(() => tree.dispose())
  const lint = (path: string) => tree.run('oxlint/bin/oxlint', ['--format', 'unix', path])

  const sins: readonly (readonly [string, string])[] = [
    ['Date.now', 'export const at = Date.now()\n'],
    ['Math.random', 'export const dice = Math.random()\n'],
    ['setTimeout', 'setTimeout(() => {}, 1)\n'],
    ['performance', 'export const at = performance.now()\n'],
    ['node:fs', "import { readFileSync } from 'node:fs'\nexport const read = readFileSync\n"],
  ]

  test.each([...PURE, 'ledger', 'consensus'])('refuses clock, randomness and files in %s', async (layer) => {
    for (const [place, [, code]] of sins.entries()) tree.plant(`src-main/${layer}/planted-${place}.ts`, code)
    const { status, output } = await lint(`src-main/${layer}`)
    expect(status).not.toBe(0)
    const refused = output.split('\n').filter((line) => line.includes('no-restricted'))
    for (const [place, [name]] of sins.entries())
      expect(
        refused.some((line) => line.includes(`planted-${place}.ts`)),
        `${name} in ${layer}`,
      ).toBe(true)
  })

  test('allows all of them where the clock is owned', async () => {
    for (const [place, [, code]] of sins.entries()) tree.plant(`src-main/gateway/clock-${place}.ts`, code)
    const { status, output } = await lint('src-main/gateway')
    expect(status, output).toBe(0)
  })

  test('refuses a function of more than 70 lines and a file of more than 400', async () => {
    const long = (lines: number) =>
      `export function f(x: number): number {\n${'  x += 1\n'.repeat(lines)}  return x\n}\n`
    tree.plant('src-main/gateway/planted.ts', long(60))
    expect((await lint('src-main/gateway/planted.ts')).status).toBe(0)
    tree.plant('src-main/gateway/planted.ts', long(70))
    expect((await lint('src-main/gateway/planted.ts')).output).toContain('max-lines-per-function')
    tree.plant('src-main/gateway/planted.ts', 'export const a = 1\n'.replace('a', 'b').padEnd(1000, '\n'))
    expect((await lint('src-main/gateway/planted.ts')).output).toContain('max-lines')
  })
})
