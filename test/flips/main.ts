/**
 * `npm run flips`: 1,000 single-bit flips in a data folder, and every byte of a certificate changed once.
 * `npm run flips -- --seed 7 --flips 5000`, or `--only 42` for one of the first again.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Campaign } from './campaign.ts'
import { changeBytes } from './certificate-bytes.ts'

const FLIPS = 1_000
const { values } = parseArgs({
  options: { seed: { type: 'string' }, flips: { type: 'string' }, only: { type: 'string' } },
})
const seed = Number(values.seed ?? Date.now() % 1_000_000)
const only = values.only === undefined ? null : Number(values.only)
const from = only ?? 0
const to = only === null ? Number(values.flips ?? FLIPS) : only + 1

const root = mkdtempSync(join(tmpdir(), 'plumbline-flips-'))
const counts = new Map<string, number>()
let wrong = 0
try {
  const campaign = await Campaign.prepare(root, seed)
  console.log(`seed ${seed}: ${to - from} flips, ${campaign.answers} answers each`)
  for (let number = from; number < to; number++) {
    const { outcome, what, file, byte, bit } = await campaign.run(number)
    counts.set(outcome, (counts.get(outcome) ?? 0) + 1)
    if (outcome === 'WRONG') wrong += 1
    if (outcome === 'WRONG' || only !== null)
      console.log(`${outcome}: --seed ${seed} --only ${number}: ${file}, byte ${byte}, bit ${bit}: ${what}`)
  }
  console.log([...counts].map(([outcome, count]) => `${count} ${outcome}`).join(', '))
} finally {
  rmSync(root, { recursive: true, force: true })
}
if (only === null) {
  const certificate = await changeBytes(1)
  for (const line of certificate.wrong) console.log(`WRONG: certificate, ${line}`)
  console.log(`${certificate.bytes} bytes of a certificate, ${certificate.wrong.length} WRONG`)
  wrong += certificate.wrong.length
}
process.exitCode = wrong === 0 ? 0 : 1
