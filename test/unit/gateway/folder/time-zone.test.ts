import { describe, expect, test } from 'vitest'
import { isPublicUrl, statedJson, statedOf } from '../../../../src-main/certificates/stated.ts'
import { offsetAt, zonedTime } from '../../../../src-main/certificates/zoned-time.ts'
import { checkConfig } from '../../../../src-main/gateway/folder/config.ts'
import { isTimeZone, zoneOf } from '../../../../src-main/gateway/folder/time-zone.ts'
import { STATED } from '../../documents/samples.ts'

const us = (iso: string): number => Date.parse(iso) * 1000

describe('a zone', () => {
  const berlin = zoneOf('Europe/Berlin', us('2025-01-15T00:00:00Z'), us('2026-06-01T00:00:00Z'))

  test('carries its changes to the second, and holds its first offset from any time before', () => {
    expect(berlin.offsets.map(([at, minutes]) => [new Date(at / 1000).toISOString(), minutes])).toEqual([
      ['2025-01-15T00:00:00.000Z', 60],
      ['2025-03-30T01:00:00.000Z', 120],
      ['2025-10-26T01:00:00.000Z', 60],
      ['2026-03-29T01:00:00.000Z', 120],
    ])
    expect(offsetAt(berlin, us('1999-07-01T00:00:00Z'))).toBe(60)
  })

  test('tells the two halves of the repeated hour apart', () => {
    expect(zonedTime(berlin, us('2025-10-26T00:30:00Z'), 'en')).toBe('26 October 2025, 02:30:00 UTC+02:00')
    expect(zonedTime(berlin, us('2025-10-26T01:30:00Z'), 'de')).toBe('26. Oktober 2025, 02:30:00 UTC+01:00')
  })

  test('finds two changes within a month, and offsets that are no whole hours', () => {
    const casablanca = zoneOf('Africa/Casablanca', us('2025-01-01T00:00:00Z'), us('2025-12-31T00:00:00Z'))
    expect(casablanca.offsets.map(([, minutes]) => minutes)).toEqual([60, 0, 60])
    expect(zoneOf('Asia/Kathmandu', 0, us('2025-01-01T00:00:00Z')).offsets.at(-1)![1]).toBe(345)
    expect(zoneOf('America/St_Johns', us('2025-07-01T00:00:00Z'), us('2025-07-02T00:00:00Z')).offsets[0]![1]).toBe(-150)
  })

  test('is known by name or is not', () => {
    expect([isTimeZone('Europe/Berlin'), isTimeZone('Europe/Kulmbach'), isTimeZone('')]).toEqual([true, false, false])
  })
})

describe('what is stated', () => {
  test('reads back as it was written', () => {
    const gaps = [{ stream: 'ab', fromUs: 1, toUs: 2, reason: 'door', by: 'K. Pohl' }]
    expect(statedOf(statedJson({ ...STATED, gaps }))).toEqual({ ...STATED, gaps })
    expect(statedOf(statedJson({ ...STATED, publicUrl: null })).publicUrl).toBeNull()
  })

  test('takes only an address that leads to one place', () => {
    for (const good of [
      'https://a.example',
      'https://a.example:8443/c/1?x=2',
      'http://localhost:7080/',
      'http://127.0.0.1/x',
    ])
      expect(isPublicUrl(good), good).toBe(true)
    for (const bad of [
      'http://a.example/',
      'https://a.example/#x',
      'javascript:alert(1)',
      'https://a.example@b/',
      'https://ä.example/',
      'https://a.example/ x',
      '',
    ])
      expect(isPublicUrl(bad), bad).toBe(false)
  })
})

describe('the configuration', () => {
  const problemsOf = (text: string): string[] =>
    checkConfig(`name: gw-1\n${text}`).problems.map(({ line, path, message }) => `${line} ${path}: ${message}`)

  test('takes issuer, time zone and public address', () => {
    const { config } = checkConfig(
      'name: gw-1\nissuer: { address: Am Quellhof 4, contact: K. Pohl }\ntimeZone: Europe/Berlin\ncertificates: { publicUrl: https://a.example/c }\n',
    )
    expect(config).toMatchObject({
      issuer: { address: 'Am Quellhof 4', contact: 'K. Pohl' },
      timeZone: 'Europe/Berlin',
      certificates: { publicUrl: 'https://a.example/c' },
    })
    expect(checkConfig('name: gw-1').config).toMatchObject({ issuer: { address: '', contact: '' }, certificates: {} })
  })

  test('says at which line what is wrong with them, and how to write it', () => {
    expect(problemsOf('timeZone: Europe/Kulmbach')).toEqual([
      '2 timeZone: no time zone that this machine knows: write an IANA name, such as Europe/Berlin',
    ])
    const [address] = problemsOf('certificates:\n  publicUrl: http://a.example/c#x')
    expect(address).toMatch(/^3 certificates\.publicUrl: no address that a code on paper can carry: write https:/)
    expect(problemsOf('issuer: { adress: x }')[0]).toMatch(/Unknown key "adress" in issuer\. Did you mean "address"\?/)
  })
})
