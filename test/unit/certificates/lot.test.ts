/** A lot of thirty bottles from its plan to a page of paper: statements of two owners on a ledger, judged by the shipped rule. */
import { beforeAll, describe, expect, test } from 'vitest'
import { buildCertificate } from '../../../src-main/certificates/build.ts'
import { composeHtml } from '../../../src-main/certificates/render-html.ts'
import { statedJson } from '../../../src-main/certificates/stated.ts'
import { verifyCertificate } from '../../../src-main/certificates/verify.ts'
import { toHex } from '../../../src-main/wire/bytes.ts'
import { assetList } from '../../../src-main/gateway/show/asset-list.ts'
import type { Language } from '../../../src-main/wire/languages.ts'
import type { TestMember } from '../../support/channel.ts'
import { STATED } from '../documents/samples.ts'
import { RealChannel, signerOf, START_US } from './real-channel.ts'
import type { MaterialInput } from './real-channel.ts'
import { SIGNED_AT } from './vehicle.ts'

const SECOND_US = 1_000_000
const LOT = 'L26069-2'
const BOTTLES = 30
/** One is 0.4 g too light. */
const weightOf = (bottle: number): number => (bottle === 7 ? 514.6 : 525 + Math.sin(bottle * 2.4))

interface Made {
  channel: RealChannel
  /** The last one before the concession was agreed, and the newest. */
  seals: [before: number, after: number]
  endUs: number
}

async function makeLot(): Promise<Made> {
  const channel = await RealChannel.found({
    called: ['Quellhof GmbH', 'Markthalle eG', 'Spedition KG'].map((legalName, at) => ({
      name: `gw-${at}`,
      legalName,
    })),
    roles: ['site-manager', 'gateway'],
    packs: ['quality'],
  })
  const [maker, customer] = channel.members as [TestMember, TestMember]
  const say = (member: TestMember, type: string, body: object): string => {
    channel.nowUs += SECOND_US
    const statement = channel.packEvent(member, `quality.${type}`, body as never, LOT)
    channel.take(statement)
    return toHex(statement.statementHash)
  }
  channel.registerAsset(maker, LOT, {
    scheme: 'LOT',
    type: 'lot',
    name: 'Apple spritzer, 10 March',
    packs: ['quality'],
  })
  channel.say(maker, 'asset.bound', { asset: LOT, party: customer.actor })
  const weight = {
    name: 'net weight',
    kind: 'variable',
    quantity: 'net-weight',
    unit: 'g',
    lower: '515.000000',
    upper: '535.000000',
  }
  say(maker, 'plan-stated', {
    product: 'Apple spritzer 0.5 l',
    order: '4500087713',
    specification: 'QS-10473',
    characteristics: [{ ...weight, decimals: 1, every: 1, accept: 0, subgroup: 5, instrument: 'KW-3' }],
  })
  const calibrated = { calibratedUs: START_US - SECOND_US, dueUs: START_US + 86_400 * SECOND_US }
  say(maker, 'calibration-stated', {
    instrument: 'KW-3',
    number: 'no. 2203117',
    sheet: 'K 26-0112',
    uncertainty: '0.300000',
    unit: 'g',
    ...calibrated,
  })
  const stream = channel.openStream(maker, LOT, 'weight', { quantity: 'net-weight', unit: 'g', label: 'Net weight' })
  const firstUs = channel.nowUs + SECOND_US
  channel.nowUs += (BOTTLES + 1) * SECOND_US
  const readings = Array.from({ length: BOTTLES }, (_, at) => ({
    timeUs: firstUs + at * SECOND_US,
    value: { kind: 'float' as const, value: weightOf(at + 1) },
  }))
  channel.batch(maker, [{ stream, readings }])
  say(maker, 'lot-completed', { lot: LOT, batch: 'B-118', parts: BOTTLES })
  const asked = say(maker, 'concession-asked', {
    number: 'SK-0042',
    characteristic: 'net weight',
    code: 'nonconforming',
    parts: 1,
    deviation: 'D-0117',
    done: 'One bottle scrapped.',
  })
  const endUs = channel.nowUs
  channel.unbind(maker, stream, LOT, BOTTLES - 1)
  channel.seal()
  const before = channel.seal()
  say(customer, 'concession-agreed', { names: asked, number: 'SK-0042' })
  say(maker, 'verdict-stated', { verdict: 'concession', rows: 'ab'.repeat(32) })
  expect(() => say(maker, 'lot-released', {})).toThrow('quality/not-judged')
  say(customer, 'verdict-stated', { verdict: 'concession', rows: 'ab'.repeat(32) })
  say(maker, 'lot-released', {})
  channel.seal()
  return { channel, seals: [before, channel.seal()], endUs }
}

let made: Made
beforeAll(async () => {
  made = await makeLot()
})

function certificate(newer: number, language: Language = 'en'): Uint8Array {
  return certificateOver({ fromUs: START_US, toUs: made.endUs, newer }, language)
}

function certificateOver(period: Omit<MaterialInput, 'asset'>, language: Language = 'en'): Uint8Array {
  const { channel } = made
  const material = channel.material({ asset: LOT, ...period })
  const stated = statedJson({ ...STATED, language })
  return buildCertificate(
    { ...material, stated },
    { signer: signerOf(channel.members[0]!), host: channel.host, nowIso: SIGNED_AT },
  )
}

async function verdictOf(file: Uint8Array): Promise<[check: string, verdict: unknown]> {
  const result = await verifyCertificate(file, { policy: made.channel.policy(), engine: made.channel.host })
  return [result.verdict, result.claims?.subject.verdict]
}

describe('the certificate of a lot', () => {
  test('fails for one light bottle until the customer has agreed to it, and verifies either way', async () => {
    expect(await verdictOf(certificate(made.seals[0]))).toEqual(['unchanged', 'fail'])
    expect(await verdictOf(certificate(made.seals[1]))).toEqual(['unchanged', 'concession'])
  })

  test('is whole over the period that the list of assets offers', async () => {
    const { channel } = made
    const [lot] = assetList(channel.reader, String)
    const period = { fromUs: lot?.firstUs ?? 0, toUs: lot?.lastUs ?? 0 }
    const { claims } = await verifyCertificate(certificateOver(period), {
      policy: channel.policy(),
      engine: channel.host,
    })
    expect(claims?.subject.verdict).toBe('concession')
    // Not from the founding to now.
    expect([period.fromUs > START_US, period.toUs < channel.nowUs]).toEqual([true, true])
  })

  test.each<[Language, string[]]>([
    [
      'en',
      [
        'CONCESSION',
        'Heat or batch',
        'B-118',
        'Order',
        '4500087713',
        '515.0 to 535.0',
        'by concession',
        'no. 2203117',
        'Calibration in time.',
        'SK-0042',
        'Markthalle eG',
        '514.6',
        'Lot released',
      ],
    ],
    [
      'de',
      [
        'SONDERFREIGABE',
        'Charge',
        'B-118',
        'Bestellung',
        '4500087713',
        '515,0 bis 535,0',
        'mit Sonderfreigabe',
        'no. 2203117',
        'Kalibrierung gültig.',
        'SK-0042',
        'Markthalle eG',
        '514,6',
        'Los freigegeben',
      ],
    ],
  ])('prints in %s what an inspection certificate names', (language, texts) => {
    const html = composeHtml(certificate(made.seals[1], language), '')
    const page = html.slice(html.indexOf('<article'), html.indexOf('</article>'))
    expect(texts.filter((text) => !page.includes(text))).toEqual([])
    expect(['[object Object]', 'undefined', '{', 'NaN'].filter((text) => page.includes(text))).toEqual([])
  })
})
