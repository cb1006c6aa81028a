import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { JsonObject } from '../../../src-main/certificates/credential.ts'
import { checkText } from '../../../src-main/cli/verify.ts'
import { checkFile } from '../../../src-main/gateway/evidence/check-file.ts'
import { plumbline, plumblineJson } from '../../support/plumbline-process.ts'
import { EVIL, EVIL_SHOWN, named, sentFiles } from '../certificates/documents.ts'
import type { SentFiles } from '../certificates/documents.ts'

const folder = mkdtempSync(join(tmpdir(), 'plumbline-verify-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const policy = join(folder, 'policy')
let sent: SentFiles

beforeAll(async () => {
  sent = await sentFiles()
  writeFileSync(policy, sent.policy)
})

function onDisk(name: string): string {
  const path = join(folder, 'sent')
  writeFileSync(path, sent.files.find((one) => one.name === name)!.bytes)
  return path
}

describe('plumbline verify', () => {
  test.each([
    ['the certificate itself', 0, /This certificate is unchanged\./],
    ['our PDF', 0, /The page you see is the one that Plumbline draws from this certificate, byte for byte\./],
    ['our HTML page in German', 0, /The page you see is the one/],
    ['the certificate with a bit flipped', 1, /This certificate is changed\./],
    ['our HTML page with a bit of its certificate flipped', 1, /This certificate is changed\./],
    ['a PDF of another vehicle with a genuine certificate', 2, /\nThe page was not drawn by Plumbline/],
    ['our PDF with a bit of its picture flipped', 2, /\nThe page was not drawn by Plumbline/],
    ['our HTML page with a bit of its verifier flipped', 2, /\nThe page carries a verifier that this release does not/],
  ])('ends for %s with %i', async (name, status, words) => {
    const ended = await plumbline('verify', onDisk(name), '--policy', policy)
    expect(ended.stdout).toMatch(words)
    expect(ended.stderr).toBe('')
    expect(ended.status).toBe(status)
  })

  test.each([
    ['an empty file', /: This is not a Plumbline certificate\. The file is empty\.\nChoose the .plumb file/],
    ['a photograph', /This is not a Plumbline certificate\. It looks like a picture\.\nChoose the .plumb file/],
    ['a table of accounts', /This is not a Plumbline certificate\. It looks like a text\.\nChoose the .plumb file/],
    ['five megabytes of brackets', /This is not a Plumbline certificate\. It looks like JSON of another program\.\n/],
    ['JSON that is no certificate', /This is not a Plumbline certificate\. It looks like JSON of another program\.\n/],
    ['more bytes than a certificate has', /cannot be read: .*it has \d+ bytes, and a certificate has at most/],
    ['the beginning of our PDF', /cannot be read: no certificate is found in this PDF: expected was/],
    ['an HTML page without a certificate', /cannot be read: no certificate is found in this HTML page/],
    ['our PDF with a later revision of its certificate', /different programs may take.*\nTake the \.plumb out of it/],
  ])('ends for %s with 64 and says what was expected', async (name, words) => {
    const ended = await plumbline('verify', onDisk(name), '--policy', policy)
    expect(ended.stderr).toMatch(words)
    expect(ended.stdout).toBe('')
    expect(ended.status).toBe(64)
  })

  test('says what was certified before it says that it holds', async () => {
    const { stdout } = await plumbline('verify', onDisk('our PDF'), '--policy', policy)
    const places = [
      /What was certified:/,
      /Number +\S+\n/,
      /Asset +Test vehicle \(PLBZZZ1KZ00000001\)/,
      /Verdict +The mileage history is logical\./,
      / +48,124\.5 km\n/,
      /Issued by +hall GmbH/,
      /Signed +11 March 2026, 13:02:31 UTC, by the issuer’s clock/,
      /SHA-256 +[0-9A-F]{4} [0-9A-F]{4} /,
      /This certificate is unchanged\./,
      /The page you see/,
    ].map((words) => stdout.search(words))
    expect(places).toEqual(places.toSorted((a, b) => a - b))
    expect(places[0]).toBeGreaterThan(0)
  })

  test('says nothing of the content of a changed certificate', async () => {
    const { document } = await plumblineJson<JsonObject>('verify', onDisk('the certificate with a bit flipped'))
    expect(document).toMatchObject({ verdict: 'changed', certified: null, claims: null })
    const { stdout } = await plumbline('verify', onDisk('the certificate with a bit flipped'))
    expect(stdout).not.toMatch(/certified|PLBZZZ1KZ00000001|hall GmbH/)
  })

  test('gives a program what was certified and what the page is worth', async () => {
    const name = 'a PDF of another vehicle with a genuine certificate'
    const { document, status } = await plumblineJson<JsonObject>('verify', onDisk(name), '--policy', policy)
    expect(status).toBe(2)
    expect(document).toMatchObject({
      page: 'not-ours',
      kind: 'pdf',
      missing: [{ code: 'page_not_ours' }],
      certified: { asset: 'PLBZZZ1KZ00000001', issuer: 'hall GmbH', verdict: 'logical', pack: 'odometer' },
    })
  })
})

test('trust pin refuses what cannot be read with 64', async () => {
  const ended = await plumbline('trust', 'pin', onDisk('an HTML page with two blocks'), '--data', folder)
  expect(ended.stderr).toMatch(/cannot be read: different programs may take different certificates/)
  expect(ended.status).toBe(64)
})

// oxlint-disable-next-line no-control-regex -- what a terminal obeys is looked for
const OBEYED = /[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/
describe('a name that steers a terminal', () => {
  test('is shown as what it is by checkText, wherever it stands', async () => {
    const plain = await checkFile(sent.genuine, [sent.policy])
    const cosigner = { ...plain.agreement!.gateways[0]!, name: EVIL, legalName: EVIL }
    const bent = {
      ...plain,
      certified: { ...plain.certified!, issuer: EVIL, assetName: EVIL, verdict: EVIL, figures: { [EVIL]: EVIL } },
      steps: plain.steps.map((step) => ({ ...step, detail: EVIL, expected: EVIL, actual: EVIL })),
      agreement: { ...plain.agreement!, gateways: [cosigner], remarks: [EVIL] },
      notProven: [`${EVIL}: Modbus`],
    }
    const text = checkText(`${EVIL}.plumb`, bent)
    expect(text).not.toMatch(OBEYED)
    expect(text.split('\n').filter((line) => line.startsWith('Verdict unchanged'))).toEqual([])
    expect(text.split(EVIL_SHOWN).length).toBeGreaterThan(2 + 8 * 3 + 4)
  })

  test('is shown as what it is by the command line, as text and in JSON', async () => {
    const path = join(folder, 'evil.plumb')
    writeFileSync(path, named(sent, EVIL))
    const ended = await plumbline('verify', path, '--data', folder)
    expect(ended.status).toBe(2)
    const lines = ended.stdout.split('\n').filter((line) => line.endsWith(`  ${EVIL_SHOWN}`))
    expect(lines.map((line) => line.slice(2, 11))).toEqual(['Issued by'])
    expect(ended.stdout).not.toMatch(OBEYED)
    const json = await plumbline('verify', path, '--data', folder, '--json')
    expect(json.stdout).not.toMatch(OBEYED)
    expect((JSON.parse(json.stdout) as { certified: { issuer: string } }).certified.issuer).toBe(EVIL)
  })

  test('is shown as what it is on standard error', async () => {
    const ended = await plumbline('verify', join(folder, `${EVIL}.plumb`))
    expect(ended.stderr).toContain(String.raw`\u{1B}[2J`)
    expect(ended.stderr).not.toMatch(OBEYED)
  })
})
