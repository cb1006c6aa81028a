/** What a file of an unknown channel costs whoever checks it: as long as a certificate may be, and made to be slow to read. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { writeCredential } from '../../src-main/certificates/credential.ts'
import { writeEvidence } from '../../src-main/certificates/evidence.ts'
import { verifyCertificate } from '../../src-main/certificates/verify.ts'
import { readNamed } from '../../src-main/cli/read-file.ts'
import { loadEngine } from '../../src-main/documents/engine.ts'
import { makeVehicle, materialOf, SIGNED_AT } from '../unit/certificates/vehicle.ts'
import { figure } from './figure.ts'

const GAPS = 200_000
const GAP_CHARS = 225

export async function measureUnknownChannel(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-bench-'))
  try {
    const path = join(folder, 'long.plumb')
    const bytes = await writeLongFile(path)
    const args = ['--experimental-strip-types', '--no-warnings', fileURLToPath(import.meta.url), path]
    const { verdict, ms, peakMiB } = JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' }))
    figure('unknown_channel_checked_seconds', ms / 1000, 's', { bytes, gaps: GAPS, verdict })
    figure('unknown_channel_checked_peak_memory', peakMiB, 'MiB', { bytes })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Its own channel, with as many gaps of one sequence each as fit. */
async function writeLongFile(path: string): Promise<number> {
  const vehicle = await makeVehicle({ days: 4 })
  const evidence = writeEvidence(materialOf(vehicle))
  const [stream] = evidence['streams'] as { gaps: string[] }[]
  stream!.gaps = Array.from({ length: GAPS }, (_, at) => `${at}`.padStart(GAP_CHARS, 'A'))
  const file = writeCredential({ validFrom: SIGNED_AT, subject: {}, evidence }, vehicle.signer)
  writeFileSync(path, file)
  return file.length
}

/** In a process of its own, so that its peak is its own. */
async function checkAlone(path: string): Promise<void> {
  const file = readNamed(path, Number.POSITIVE_INFINITY)
  const engine = loadEngine()
  const from = performance.now()
  const { verdict } = await verifyCertificate(file, { policies: [], engine })
  const ms = performance.now() - from
  process.stdout.write(JSON.stringify({ verdict, ms, peakMiB: process.resourceUsage().maxRSS / 1024 }))
}

const [path] = process.argv.slice(2)
if (process.argv[1] === fileURLToPath(import.meta.url) && path !== undefined) await checkAlone(path)
