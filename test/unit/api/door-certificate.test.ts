import { generateKeyPairSync, X509Certificate } from 'node:crypto'
import { chmodSync, existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import {
  type DoorCertificate,
  ownCertificate as made,
  siteCertificate,
} from '../../../src-main/api/door-certificate.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const NOW_MS = Date.UTC(2026, 10, 29)
const DAY_MS = 86_400_000
const NAMES = ['gw-1.works.example', '10.20.4.5', '2001:db8::5']
let folder: string
const logged: { fingerprint: string; text: string }[] = []
const log = { info: (fields: { fingerprint: string }, text: string) => void logged.push({ ...fields, text }) } as never
const ownCertificate = (where: string, names: readonly string[], nowMs: number): Promise<DoorCertificate> =>
  made(where, names, nowMs, log)
beforeEach(() => {
  logged.length = 0
  folder = join(temporaryFolder(onTestFinished), 'console')
})

test('makes a P-256 certificate for its names that browsers take, its key for this account alone', async () => {
  const made = await ownCertificate(folder, NAMES, NOW_MS)
  const certificate = new X509Certificate(made.certificatePem)
  expect(certificate.publicKey.asymmetricKeyDetails).toEqual({ namedCurve: 'prime256v1' })
  expect(certificate.subjectAltName).toBe(
    'DNS:gw-1.works.example, IP Address:10.20.4.5, IP Address:2001:DB8:0:0:0:0:0:5',
  )
  expect([certificate.ca, certificate.verify(certificate.publicKey)]).toEqual([false, true])
  // Id of "TLS server authentication" (RFC 5280, 4.2.1.12).
  expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1'])
  expect((certificate.validToDate.getTime() - certificate.validFromDate.getTime()) / DAY_MS).toBe(825)
  expect(made.fingerprint).toBe(certificate.fingerprint256.replaceAll(':', '').toLowerCase())
  expect(statSync(folder).mode & 0o777).toBe(0o700)
  for (const file of ['key.pem', 'certificate.pem']) expect(statSync(join(folder, file)).mode & 0o777).toBe(0o600)
})

test('keeps it, and makes another one from the same key 30 days before its end and for other names', async () => {
  const first = await ownCertificate(folder, NAMES, NOW_MS)
  expect(await ownCertificate(folder, NAMES, NOW_MS + 790 * DAY_MS)).toEqual(first)
  // The order of the names, and how an address is written, are no other names.
  const [host = '', ipv4 = ''] = NAMES
  expect(await ownCertificate(folder, ['2001:DB8:0::5', ipv4, host], NOW_MS)).toEqual(first)
  expect(logged).toEqual([])
  const renewed = await ownCertificate(folder, NAMES, NOW_MS + 795 * DAY_MS)
  const named = await ownCertificate(folder, [...NAMES, 'gw-1'], NOW_MS + 795 * DAY_MS)
  expect(new Set([first, renewed, named].map(({ fingerprint }) => fingerprint)).size).toBe(3)
  expect(new Set([first, renewed, named].map(({ keyFingerprint }) => keyFingerprint)).size).toBe(1)
  rmSync(join(folder, 'certificate.pem'))
  expect((await ownCertificate(folder, NAMES, NOW_MS)).keyFingerprint).toBe(first.keyFingerprint)
})

test('a name that was taken out of the configuration is in no certificate any more, and the log has the new fingerprint', async () => {
  const first = await ownCertificate(folder, NAMES, NOW_MS)
  const fewer = await ownCertificate(folder, NAMES.slice(0, 2), NOW_MS)
  expect(new X509Certificate(fewer.certificatePem).subjectAltName).toBe('DNS:gw-1.works.example, IP Address:10.20.4.5')
  expect([fewer.fingerprint === first.fingerprint, fewer.keyFingerprint]).toEqual([false, first.keyFingerprint])
  expect(logged).toMatchObject([
    { fingerprint: fewer.fingerprint, text: 'the certificate of the console was made anew: its names were changed' },
  ])
})

test('a damaged key is said, and never replaced', async () => {
  await ownCertificate(folder, NAMES, NOW_MS)
  writeFileSync(join(folder, 'key.pem'), 'no key', { mode: 0o600 })
  rmSync(join(folder, 'certificate.pem'))
  await expect(ownCertificate(folder, NAMES, NOW_MS)).rejects.toMatchObject({ code: 'certificate-unmade' })
  expect(readFileSync(join(folder, 'key.pem'), 'utf8')).toBe('no key')
  expect(existsSync(join(folder, 'certificate.pem'))).toBe(false)
})

test("the site's own files are taken where they fit, and what does not fit is said", async () => {
  await ownCertificate(folder, NAMES, NOW_MS)
  const files = { certificate: join(folder, 'certificate.pem'), key: join(folder, 'key.pem') }
  expect(siteCertificate(files, ['gw-1.works.example', '10.20.4.5'], NOW_MS)).toMatchObject({ isOwn: false })
  const refusal = (names: string[], nowMs: number, more: Partial<typeof files> = {}) => {
    try {
      siteCertificate({ ...files, ...more }, names, nowMs)
    } catch (error) {
      const { code, detail } = error as { code: string; detail: string }
      return [code, detail]
    }
    return null
  }
  expect(refusal(['gw-2', '10.20.4.5', '10.20.4.6'], NOW_MS)).toEqual(['name-missing', 'gw-2, 10.20.4.6'])
  expect(refusal(NAMES, NOW_MS + 825 * DAY_MS)).toEqual(['certificate-expired', '2029-03-02'])
  expect(refusal(NAMES, NOW_MS - 2 * DAY_MS)).toEqual(['certificate-early', '2026-11-28'])
  const other = join(folder, 'other.pem')
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  writeFileSync(other, privateKey.export({ format: 'pem', type: 'pkcs8' }), { mode: 0o600 })
  expect(refusal(NAMES, NOW_MS, { key: other })).toEqual(['key-differs', other])
  expect(refusal(NAMES, NOW_MS, { key: join(folder, 'none.pem') })?.[0]).toBe('key-unreadable')
  expect(refusal(NAMES, NOW_MS, { certificate: other })?.[0]).toBe('certificate-unreadable')
  if (process.getuid?.() !== 0) {
    chmodSync(files.key, 0o000)
    expect(refusal(NAMES, NOW_MS)?.[0]).toBe('key-unreadable')
  }
  chmodSync(files.key, 0o644)
  expect(refusal(['gw-1.works.example'], NOW_MS)).toEqual(['key-open', files.key])
  chmodSync(files.key, 0o640)
  expect(siteCertificate(files, ['gw-1.works.example'], NOW_MS)).toMatchObject({ isOwn: false })
})
