import { afterAll, describe, expect, test } from 'vitest'
import { PlantedTree } from './planted.ts'

const PURE = ['wire', 'proof', 'packs', 'certificates', 'endpoints']

describe('the pure tsconfig', () => {
  const tree = new PlantedTree(['tsconfig.json', 'tsconfig.pure.json', ...PURE.map((layer) => `src-main/${layer}`)])
  afterAll(() => tree.dispose())
  const check = () => tree.run('typescript-7/bin/tsc', ['-p', 'tsconfig.pure.json', '--noEmit'])

  test('passes the pure layers as they are', async () => {
    const { status, output } = await check()
    expect(status, output).toBe(0)
  })

  test.each(PURE)('refuses Node, the DOM and timers planted in %s, beside all that is there already', async (layer) => {
    const path = `src-main/${layer}/planted.ts`
    const lines = [
      "import { readFileSync } from 'node:fs'",
      'export const read = readFileSync',
      'export const pid = process.pid',
      'export const bytes = Buffer.alloc(1)',
      'export const page = document.title',
      'export const later = setTimeout',
      'export const get = fetch',
    ]
    tree.plant(path, `${lines.join('\n')}\n`)
    const { status, output } = await check()
    tree.remove(path)
    expect(status).not.toBe(0)
    for (const line of [1, 3, 4, 5, 6, 7]) expect(output).toContain(`${path}(${line},`)
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
    for (const [name, code] of sins) {
      const path = `src-main/${layer}/planted.ts`
      tree.plant(path, code)
      const { status, output } = await lint(path)
      expect(status, `${name} in ${layer}`).not.toBe(0)
      expect(output).toContain('no-restricted')
    }
  })

  test('allows all of them where the clock is owned', async () => {
    for (const [, code] of sins) {
      tree.plant('src-main/gateway/planted.ts', code)
      const { status, output } = await lint('src-main/gateway/planted.ts')
      expect(status, output).toBe(0)
    }
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
