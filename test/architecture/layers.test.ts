import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { PlantedTree } from './planted.ts'

const CRUISER = 'dependency-cruiser/bin/dependency-cruiser.mjs'
const CONFIG = ['--config', '.dependency-cruiser.cjs']

/** The table "Folders and who may import whom", written down a second time: the rules must agree with it exactly. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  wire: [],
  proof: ['wire'],
  record: ['wire', 'proof'],
  packs: ['wire', 'record'],
  certificates: ['wire', 'proof', 'record', 'packs'],
  endpoints: ['wire', 'proof', 'record', 'packs', 'certificates'],
  disk: [],
  keys: ['wire', 'proof', 'disk', 'native'],
  acquisition: ['wire', 'native'],
  ledger: ['wire', 'proof', 'record', 'disk', 'native'],
  consensus: ['wire', 'proof', 'native'],
  documents: ['wire', 'certificates'],
  gateway: [
    'wire',
    'proof',
    'record',
    'packs',
    'certificates',
    'endpoints',
    'disk',
    'keys',
    'acquisition',
    'ledger',
    'consensus',
    'documents',
    'native',
  ],
  simulator: ['wire', 'disk', 'acquisition', 'native'],
  api: ['wire', 'record', 'endpoints', 'disk', 'gateway'],
  shell: ['wire', 'endpoints'],
  cli: ['gateway', 'api', 'simulator', 'wire', 'proof', 'record', 'packs', 'certificates', 'endpoints', 'native'],
  'renderer/client': ['wire', 'endpoints'],
  'renderer/state': ['renderer/client'],
  'renderer/views': ['renderer/state', 'renderer/parts', 'renderer/verifier'],
  'renderer/parts': [],
  'renderer/verifier': ['wire', 'proof', 'record', 'packs', 'certificates', 'endpoints', 'documents', 'renderer/parts'],
}
const layers = Object.keys(mayImport)
const targets = [...layers, 'native']

function folderOf(layer: string): string {
  if (layer === 'native') return 'native'
  return layer.startsWith('renderer/') ? `src-${layer}` : `src-main/${layer}`
}

function importOf(from: string, to: string): string {
  const up = '../'.repeat(folderOf(from).split('/').length)
  return `${up}${folderOf(to)}/${to === 'native' ? 'addon' : 'target'}.ts`
}

interface Violation {
  from: string
  to: string
  rule: { name: string }
}

async function cruise(tree: PlantedTree, folders: readonly string[]): Promise<Violation[]> {
  const { output } = await tree.run(CRUISER, [...CONFIG, '--output-type', 'json', ...folders])
  return (JSON.parse(output) as { summary: { violations: Violation[] } }).summary.violations
}

describe('every import between two layers', () => {
  const tree = new PlantedTree(['.dependency-cruiser.cjs', 'tsconfig.json'])
  const refused = new Set<string>()
  afterAll(() => tree.dispose())

  beforeAll(async () => {
    tree.plant('native/addon.ts', 'export const target = 1\n')
    for (const layer of layers) {
      tree.plant(`${folderOf(layer)}/target.ts`, 'export const target = 1\n')
      for (const to of targets) {
        if (to === layer) continue
        const name = to.replace('/', '-')
        tree.plant(`${folderOf(layer)}/from-${name}.ts`, `export { target } from '${importOf(layer, to)}'\n`)
        tree.plant(
          `${folderOf(layer)}/type-${name}.ts`,
          `import type * as t from '${importOf(layer, to)}'\nexport type T = typeof t\n`,
        )
      }
    }
    for (const { from, to } of await cruise(tree, ['src-main', 'src-renderer', 'native']))
      refused.add(`${from} -> ${to}`)
  })

  test.each(layers)('of %s is refused or allowed as the table says, type-only imports too', (layer) => {
    for (const to of targets) {
      if (to === layer) continue
      const target = to === 'native' ? 'native/addon.ts' : `${folderOf(to)}/target.ts`
      for (const kind of ['from', 'type']) {
        const edge = `${folderOf(layer)}/${kind}-${to.replace('/', '-')}.ts -> ${target}`
        expect(refused.has(edge), edge).toBe(!(mayImport[layer] ?? []).includes(to))
      }
    }
  })
})

describe('what no layer may do', () => {
  /** What, where it is planted, what is planted there, and the rule that refuses it. */
  const sins = [
    ['a Node module in a pure layer', 'src-main/wire/prefixed.ts', "import 'node:fs'\n", 'pure'],
    ['a Node module without its prefix in a pure layer', 'src-main/packs/plain.ts', "import 'fs'\n", 'pure'],
    ['a Node module in the console', 'src-renderer/views/node.ts', "import 'node:fs'\n", 'renderer-without-node'],
    [
      'a Node module in a component',
      'src-renderer/views/Node.svelte',
      "<script>import 'node:fs'</script>\n",
      'renderer-without-node',
    ],
    ['Electron outside the shell', 'src-main/gateway/shell.ts', "import 'electron'\n", 'electron-in-shell-only'],
    ['a test in the product', 'src-main/gateway/test.ts', "import '../../test/a.ts'\n", 'no-test-in-product'],
    ['a development dependency in the daemon', 'src-main/gateway/dev.ts', "import 'fast-check'\n", 'no-dev-dependency'],
    ['an import that leads nowhere', 'src-main/gateway/lost.ts', "import './nowhere.ts'\n", 'resolvable'],
    ['the addon past its loader', 'src-main/gateway/past.ts', "import '../../native/other.ts'\n", 'native-loader-only'],
    ['a cycle', 'src-main/gateway/a.ts', "import './b.ts'\n", 'no-cycle'],
    [
      'a lower folder of the gateway on a higher',
      'src-main/gateway/check/up.ts',
      "import '../show/up.ts'\n",
      'gateway-check',
    ],
    [
      'the interface of drivers on one of them',
      'src-main/acquisition/drivers/driver.ts',
      "import type * as t from './opcua/binding.ts'\n",
      'drivers-apart',
    ],
    [
      'a protocol on another',
      'src-main/acquisition/drivers/serial/other.ts',
      "import '../modbus/link.ts'\n",
      'drivers-apart',
    ],
    [
      'a folder of the gateway on the composer',
      'src-main/gateway/show/top.ts',
      "import '../gateway.ts'\n",
      'gateway-show',
    ],
  ] as const
  const tree = new PlantedTree(['.dependency-cruiser.cjs', 'tsconfig.json'])
  let refused: Violation[] = []
  afterAll(() => tree.dispose())

  beforeAll(async () => {
    tree.plant('test/a.ts', 'export const a = 1\n')
    tree.plant('native/other.ts', 'export const a = 1\n')
    tree.plant('src-main/gateway/b.ts', "import './a.ts'\n")
    tree.plant('src-main/gateway/show/up.ts', 'export const a = 1\n')
    tree.plant('src-main/gateway/gateway.ts', 'export const a = 1\n')
    tree.plant('src-main/acquisition/drivers/opcua/binding.ts', 'export const a = 1\n')
    tree.plant('src-main/acquisition/drivers/modbus/link.ts', 'export const a = 1\n')
    tree.plant('src-main/gateway/clean.ts', "import './cleaner.ts'\n")
    tree.plant('src-main/gateway/cleaner.ts', 'export const a = 1\n')
    for (const [, path, content] of sins) tree.plant(path, content)
    refused = await cruise(tree, ['src-main', 'src-renderer', 'native', 'test'])
  })

  test.each(sins)('%s is refused', (_title, path, _content, rule) => {
    expect(refused.filter(({ from }) => from === path).map((one) => one.rule.name)).toContain(rule)
  })

  test('and nothing else is', () => {
    const planted = new Set<string>(['src-main/gateway/b.ts', ...sins.map(([, path]) => path)])
    expect(refused.filter(({ from }) => !planted.has(from))).toEqual([])
  })
})
