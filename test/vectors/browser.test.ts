/** The verifier's lower formats in a real browser: the same module as in Node, bundled, over the same vector files. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chromiumPath, launchChromium } from '../support/chromium.ts'
import { merkleVectors, vectorsDir, warnNoVectors } from '../support/vectors.ts'
import { answers } from './answers.ts'
import { bundled } from './bundled.ts'
import type {
  Answers,
  ConsistencyVector,
  InclusionVector,
  KeyVector,
  LeafVector,
  SignatureVector,
  TreeVector,
  VectorFiles,
} from './answers.ts'

const dir = vectorsDir()
if (dir === null) warnNoVectors('vectors in the browser')
else if (chromiumPath === undefined)
  console.warn('skipped: vectors in the browser: no Chromium on this machine (apt-get install chromium)')

function load<T>(...name: string[]): T {
  return JSON.parse(readFileSync(join(dir ?? '', ...name), 'utf8')) as T
}

describe.skipIf(dir === null || chromiumPath === undefined)('vectors read by Chromium', () => {
  let browser: Browser
  let files: VectorFiles
  let made: Answers

  beforeAll(async () => {
    files = {
      keys: load<KeyVector[]>('plumbline', 'key-id.json'),
      leaves: load<LeafVector[]>('plumbline', 'reading-leaf.json'),
      roots: load<{ roots: { n: number; root: string }[] }>('plumbline', 'batch-root.json').roots,
      trees: load<{ trees: TreeVector[] }>('plumbline', 'state-tree.json').trees,
      inclusion: merkleVectors<InclusionVector>('inclusion').map(({ vector }) => vector),
      consistency: merkleVectors<ConsistencyVector>('consistency').map(({ vector }) => vector),
      signatures: load<SignatureVector[]>('ed25519', 'cctv-ed25519vectors.json'),
    }
    const script = await bundled('answers.ts')
    browser = await launchChromium()
    const page = await browser.newPage()
    await page.addScriptTag({ content: script })
    made = await page.evaluate(
      (given) => (globalThis as unknown as { vectors: { answers: typeof answers } }).vectors.answers(given),
      files,
    )
  })
  afterAll(async () => {
    await browser?.close()
  })

  it('key ids, leaves and batch roots', () => {
    expect(made.keyIds).toEqual(files.keys.map((vector) => vector.keyId))
    expect(made.leaves).toEqual(files.leaves.map(({ cbor, leafHash }) => [cbor, leafHash]))
    expect(made.batchRoots).toEqual((files.roots as { n: number; root: string }[]).map(({ root }) => root))
    expect(made.leaves.length).toBeGreaterThan(40)
  })

  it('state trees with their proofs of existence and absence', () => {
    const expected = files.trees.map(({ root, exist, absent }) => [root, (exist ?? []).length + (absent ?? []).length])
    expect(made.trees).toEqual(expected)
  })

  it('RFC 6962 proofs, valid and invalid', () => {
    expect(made.inclusion).toEqual(files.inclusion.map(({ wantErr }) => !wantErr))
    expect(made.consistency).toEqual(files.consistency.map(({ wantErr }) => !wantErr))
    expect(made.inclusion.length + made.consistency.length).toBeGreaterThan(120)
  })

  it('gives every Ed25519 edge case the verdict that Node gives', () => {
    expect(made.signatures).toEqual(answers(files).signatures)
    expect(new Set(made.signatures)).toEqual(new Set([true, false]))
  })
})
