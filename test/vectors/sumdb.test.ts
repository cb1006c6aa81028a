import { execFileSync, spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { consistencyPath, rootOf } from '../../src-main/proof/merkle.ts'
import { formatVerifierKey } from '../../src-main/proof/note.ts'
import { entries, gateways, logKey, origin, pathOf, signedCheckpoint, source, testKey } from '../unit/proof/signed.ts'

const folder = fileURLToPath(new URL('./go/', import.meta.url))
const unusable = whyGoCannotRun()
if (unusable !== null) console.warn(`skipped: golang.org/x/mod/sumdb on checkpoints and proofs: ${unusable}`)

/** Go itself, and its module, which comes from the module proxy or the local cache. */
function whyGoCannotRun(): string | null {
  if (spawnSync('go', ['version']).status !== 0) return 'no Go on this machine'
  const download = spawnSync('go', ['mod', 'download'], { cwd: folder, encoding: 'utf8', timeout: 60_000 })
  return download.status === 0 ? null : `its module cannot be downloaded (${download.stderr.split('\n')[0]})`
}

interface Case {
  name: string
  logKey: string
  cosigner: string
  checkpoint: string
  entry: string
  index: number
  inclusion: string[]
  oldSize: number
  oldRoot: string
  consistency: string[]
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')

function goodCase(index: number, size: number, oldSize: number): Case {
  return {
    name: `entry ${index} of ${size}, which begins with ${oldSize}`,
    logKey: formatVerifierKey(origin, 1, logKey.publicKey),
    cosigner: formatVerifierKey(gateways[0]!.name, 4, gateways[0]!.key.publicKey),
    checkpoint: signedCheckpoint(size, 3),
    entry: base64(entries[index]!),
    index,
    inclusion: pathOf(index, size).map(base64),
    oldSize,
    oldRoot: base64(rootOf(oldSize, source)),
    consistency: consistencyPath(oldSize, size, source).map(base64),
  }
}

function badCases(): Case[] {
  const good = goodCase(5, 11, 6)
  return [
    { ...good, name: 'another entry', entry: base64(entries[6]!) },
    { ...good, name: 'another index', index: 6 },
    { ...good, name: 'a path without its last hash', inclusion: good.inclusion.slice(0, -1) },
    { ...good, name: 'another size in the signed text', checkpoint: good.checkpoint.replace('\n11\n', '\n12\n') },
    { ...good, name: 'another log key', logKey: formatVerifierKey(origin, 1, testKey('other').publicKey) },
    { ...good, name: 'a cosigner who did not sign', cosigner: formatVerifierKey('w', 4, testKey('w').publicKey) },
    { ...good, name: 'another old root', oldRoot: base64(rootOf(7, source)) },
    { ...good, name: 'another old size', oldSize: 7 },
  ]
}

describe.skipIf(unusable !== null)('golang.org/x/mod/sumdb', () => {
  it('accepts our checkpoints, cosignatures, inclusion and consistency proofs, and refuses tampered ones', () => {
    const good: Case[] = []
    for (let size = 1; size <= 20; size++) {
      for (const index of new Set([0, size >> 1, size - 1])) good.push(goodCase(index, size, Math.max(1, index)))
    }
    const bad = badCases()
    const output = execFileSync('go', ['run', '.'], {
      cwd: folder,
      input: JSON.stringify([...good, ...bad]),
      encoding: 'utf8',
      env: { ...process.env, GOFLAGS: '-mod=readonly -buildvcs=false' },
    })
    const verdicts = JSON.parse(output) as { name: string; ok: boolean; error: string }[]
    expect(verdicts).toHaveLength(good.length + bad.length)
    expect(verdicts.slice(0, good.length).filter((verdict) => !verdict.ok)).toEqual([])
    expect(verdicts.slice(good.length).filter((verdict) => verdict.ok)).toEqual([])
  }, 120_000)
})
