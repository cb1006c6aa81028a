import { beforeAll, describe, expect, test } from 'vitest'
import type { Agreement } from '../../../src-main/certificates/agreement.ts'
import type { JsonObject } from '../../../src-main/certificates/credential.ts'
import { gapReasonText } from '../../../src-main/certificates/gap-words.ts'
import { pageText } from '../../../src-main/certificates/page-text.ts'
import { composeHtml } from '../../../src-main/certificates/render-html.ts'
import { ROWS_MAX } from '../../../src-main/certificates/sheet-readings.ts'
import type { Row, Sheet } from '../../../src-main/certificates/sheet-model.ts'
import { SHEET_WORDS } from '../../../src-main/certificates/sheet-words.ts'
import { sheetOf } from '../../../src-main/certificates/sheet.ts'
import { fromUtf8, utf8 } from '../../../src-main/wire/bytes.ts'
import { canonicalJson } from '../../../src-main/wire/json.ts'
import type { JsonValue } from '../../../src-main/wire/json.ts'
import { sample, SAMPLES } from '../documents/samples.ts'

const DAY_US = 86_400_000_000
const files: Record<string, Uint8Array> = {}
beforeAll(async () => {
  for (const [name, options] of Object.entries(SAMPLES)) {
    files[`${name}-en`] = await sample(options)
    files[`${name}-de`] = await sample({ ...options, stated: { ...options.stated, language: 'de' } })
  }
})

const sheet = (name: string): Sheet => sheetOf(files[name]!)
const cellsOf = (row: Row): string[] => ('across' in row ? [row.across] : row.cells.map(({ text }) => text))

/** Every text on a page. */
function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsOf) : []
}

/** The same file saying something else; a page is drawn without a check of the signature. */
function saying(file: Uint8Array, change: (subject: JsonObject) => void): Uint8Array {
  const credential = JSON.parse(fromUtf8(file)) as { [name: string]: JsonValue; credentialSubject: JsonObject }
  change(credential.credentialSubject)
  return utf8(canonicalJson(credential))
}

describe('a page', () => {
  test('holds no JSON, no time in microseconds, no field names', () => {
    for (const name of Object.keys(files)) {
      const { curve: _, ...rest } = sheet(name)
      const { code: _c, ...check } = rest.check
      for (const text of textsOf({ ...rest, check })) {
        expect(text, name).not.toMatch(/[{}[\]]|\d{13,}|fromUs|toUs|Km\b|undefined|NaN|null|object/)
      }
    }
  })

  test('says nothing in English where the certificate is German', () => {
    const english =
      /\b(?:the|of|not|readings?|and|gap|gateway was|from|driven|signed by|none|first|last|month|owner)\b/i
    for (const name of Object.keys(files).filter((one) => one.endsWith('-de'))) {
      const { issuer: _, about: _a, convenience: _c, check: _k, readings, sources: _s, gaps, ...rest } = sheet(name)
      // What a person wrote stays as it is.
      const said = textsOf({ ...rest, readings, gaps }).map((text) => text.replace(/Bestätigt von K\. Pohl: .*/, ''))
      for (const text of said) expect(text, name).not.toMatch(english)
    }
  })

  test('counts readings once: as many in the figures, above the table and beside the source', () => {
    for (const [name, count] of [
      ['gaps-en', '557'],
      ['fraud-de', '357'],
    ] as const) {
      const page = sheet(name)
      expect(page.figures.find(({ label }) => /judged|Beurteilt/.test(label))?.value).toBe(count)
      expect(page.readings!.aside).toMatch(new RegExp(` (?:of|von) ${count}\\b`))
      expect(cellsOf(page.sources.rows[0]!)[3]).toBe(count)
    }
  })

  test('shows each time in the stated zone with its offset, and the date beside the last value', () => {
    const page = sheet('gaps-de')
    expect(page.when.map(({ value }) => value)).toEqual([
      '28. Mai 2025, 08:00:00 UTC+02:00',
      '11. März 2026, 19:35:00 UTC+01:00',
      'Europe/Berlin',
    ])
    expect(page.figures[0]).toEqual({ label: 'Letzter Stand', value: '48.158,5 km', note: '11.03.2026, 19:35:00' })
    for (const row of page.readings!.rows) if ('cells' in row) expect(row.cells[1]!.text).toMatch(/ UTC\+0[12]:00$/)
  })

  test('follows from the file: what is stated is read leniently and cut, and never throws', async () => {
    const odd = {
      zone: {
        name: 'X',
        offsets: [
          [5, 60],
          [5, 120],
        ],
      },
      gaps: 7,
      issuer: 'x',
      template: 'y',
      number: 'n'.repeat(900),
    }
    const bytes = saying(files['gaps-en']!, () => {})
    const credential = JSON.parse(fromUtf8(bytes)) as { evidence: { stated: unknown } }
    credential.evidence.stated = odd
    const page = sheetOf(utf8(canonicalJson(credential as unknown as JsonValue)))
    expect(page.when[2]!.value).toBe('UTC')
    expect(page.number.text).toHaveLength(200)
    expect(page.issuer.lines).toEqual([])
    expect(page.released.pairs[0]!.value).toBe('no person named')
  })

  test('is told in the words that the certificate encloses, whatever this release says by now, and never as anything but text', () => {
    const credential = JSON.parse(fromUtf8(files['gaps-en']!)) as JsonObject
    const { pack } = credential['evidence'] as { pack: { words: { en: JsonObject; de: JsonObject } } }
    const { en } = pack.words
    en['title'] = 'Certificate of <b>wear</b>'
    ;(en['figures'] as JsonObject)['lastKm'] = 'Worn at'
    const own = utf8(canonicalJson(credential))
    const page = sheetOf(own)
    expect(page.title).toBe('Certificate of <b>wear</b>')
    expect(page.figures[0]!.label).toBe('Worn at')
    expect(composeHtml(own, '')).toContain('Certificate of &lt;b&gt;wear&lt;/b&gt;')
    expect(composeHtml(own, '')).not.toContain('<b>wear')
    en['title'] = 'turned \u202e round'
    expect(() => sheetOf(utf8(canonicalJson(credential)))).toThrow(/words\/en\.json\.title holds U\+202E/)
  })

  test('of a pack that nobody knows is readable still', () => {
    const page = sheetOf(
      saying(files['gaps-en']!, (subject) => {
        subject['pack'] = { id: 'tyre-wear', version: '3' }
        subject['verdict'] = 'worn'
        subject['figures'] = { treadDepthMm: 4.25, axle: 'front' }
        subject['reasons'] = [{ code: 'WEAR', text: 'worn on one side' }]
      }),
    )
    expect(page.title).toBe('Certificate: tyre-wear')
    expect(page.verdict).toEqual({ before: 'Verdict: ', strong: 'worn', after: '; see Findings.' })
    expect(page.figures.map(({ label, value }) => `${label} ${value}`)).toContain('tread Depth Mm 4.25')
    expect(cellsOf(page.findings.rows[0]!)[2]).toBe('worn on one side')
  })
})

describe('names in two languages', () => {
  const german = { asset: 'Testfahrzeug', label: 'Kombiinstrument' }
  const aboutOf = (page: Sheet): string => page.about.map(({ value }) => value).join(' | ')

  test('stand on each page in its own language, as the ledger has them signed', async () => {
    const options = { ...SAMPLES['simulated']!, german }
    const [en, de] = await Promise.all(
      (['en', 'de'] as const).map((language) => sample({ ...options, stated: { ...options.stated, language } })),
    )
    expect(aboutOf(sheetOf(en!))).toContain('Test vehicle')
    expect(aboutOf(sheetOf(en!))).toContain('Instrument cluster')
    expect(textsOf(sheetOf(en!)).join()).not.toMatch(/Testfahrzeug|Kombiinstrument/)
    expect(aboutOf(sheetOf(de!))).toContain('Testfahrzeug')
    expect(aboutOf(sheetOf(de!))).toContain('Kombiinstrument')
    expect(textsOf(sheetOf(de!)).join()).not.toMatch(/Test vehicle|Instrument cluster/)
    const said = JSON.parse(fromUtf8(de!)) as { credentialSubject: JsonObject }
    expect(said.credentialSubject).toMatchObject({
      asset: { name: 'Test vehicle', names: { de: 'Testfahrzeug' } },
      streams: expect.arrayContaining([expect.objectContaining({ labels: { de: 'Kombiinstrument' } })]) as unknown,
    })
  })

  test('are no part of a certificate about names in one language', () => {
    expect(fromUtf8(files['gaps-de']!)).not.toMatch(/"labels"|"names"/)
    expect(aboutOf(sheet('gaps-de'))).toContain('Test vehicle')
  })
})

describe('names that hold what is not seen or turns the writing', () => {
  test('are shown as numbers, on the page and everywhere on it', async () => {
    const evil = 'gut\u202Eegnagrov\u001B[2J\u0000\u2066x\u200B'
    expect(pageText(evil)).toBe('gut<U+202E>egnagrov<U+001B>[2J<U+0000><U+2066>x<U+200B>')
    const page = sheetOf(
      saying(files['gaps-en']!, (subject) => {
        subject['asset'] = { id: evil, name: evil, names: { en: evil, de: evil }, scheme: evil }
        subject['attributes'] = { [evil]: evil }
        subject['issuedBy'] = { name: evil, legalName: evil }
        subject['reasons'] = [
          { code: 'ROLLBACK', text: evil },
          { code: evil, text: evil },
          { code: 'WRONG_ASSET', named: evil },
        ]
        subject['verdict'] = evil
        for (const stream of subject['streams'] as JsonObject[]) {
          for (const name of ['label', 'unit', 'protocol', 'trust', 'gateway']) stream[name] = evil
          stream['labels'] = { en: evil, de: evil }
          for (const gap of stream['gaps'] as JsonObject[]) gap['reason'] = evil
        }
      }),
    )
    for (const text of textsOf({ ...page, check: page.check.bytes })) {
      // oxlint-disable-next-line no-control-regex -- these are what must not be there
      expect(text).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2066-\u2069]/)
    }
  })
})

describe('gaps', () => {
  test('stand with their reason in the page’s language, their length and who acknowledged them', () => {
    const [first, second] = sheet('gaps-de').gaps.rows.map(cellsOf)
    expect(first).toEqual([
      '1',
      '16.09.2025, 08:03:36 UTC+02:00',
      '1 T 12 h',
      '80,8 km',
      'Das Gateway zeichnete nicht auf.',
    ])
    expect(second![4]).toBe(
      'Die Verbindung zur Quelle war unterbrochen. Bestätigt von K. Pohl: battery disconnected in the workshop, moved within the yard.',
    )
    expect(sheet('gaps-en').gaps.aside).toBe('2, both printed')
    expect(sheet('fraud-en').gaps.aside).toBe('1, printed')
    expect(sheet('simulated-en').gaps.rows).toEqual([])
  })

  test('are joined by what was not recorded at all, where the certificate tells of it', () => {
    const page = sheetOf(
      saying(files['simulated-en']!, (subject) => {
        const { fromUs, toUs } = subject['period'] as { fromUs: number; toUs: number }
        for (const stream of subject['streams'] as JsonObject[])
          stream['recorded'] = [fromUs + 2 * DAY_US, toUs - DAY_US]
      }),
    )
    const rows = page.gaps.rows.map(cellsOf)
    expect(rows).toHaveLength(4)
    expect(rows[0]![3]).toMatch(/^Not recorded: the first reading came at the end of this time\. Concerns: Odometer\.$/)
    expect(rows[1]![2]).toBe('1 d')
    expect(page.figures.at(-1)!.note).toBe('no gaps; not recorded: 3 d')
    expect(page.gaps.aside).toBe('–: not recorded at all')
    expect(page.curve!.gaps).toHaveLength(2)
    const nothing = saying(files['simulated-en']!, (subject) => {
      for (const stream of subject['streams'] as JsonObject[]) stream['recorded'] = null
    })
    expect(cellsOf(sheetOf(nothing).gaps.rows[0]!)[3]).toMatch(/^Not recorded: there is no reading in the period/)
  })

  test('of the vehicle’s own name are told under what is not proven, and little coverage is not none', () => {
    const named = (change: (stream: JsonObject) => void) =>
      sheetOf(
        saying(files['simulated-en']!, (subject) => {
          const streams = subject['streams'] as JsonObject[]
          const odometer = streams.find((stream) => stream['quantity'] === 'odometer')
          const vin = { ...odometer, stream: 'f'.repeat(32), quantity: 'vin', coverage: 99, readings: 3 }
          change(vin)
          subject['streams'] = [odometer!, vin]
        }),
      )
    const late = named((vin) => (vin['firstUs'] = (vin['firstUs'] as number) + 2 * DAY_US))
    expect(late.notProven.lines.join()).toContain('its identification was read only from then on')
    expect(cellsOf(late.sources.rows[1]!)[4]).toBe('under 0.1 %')
    const never = named((vin) => Object.assign(vin, { firstUs: null, readings: 0 }))
    expect(never.notProven.lines.join()).toContain('its identification was not read in the period')
    expect(cellsOf(never.sources.rows[1]!)[4]).toBe('0 %')
    expect(named(() => {}).notProven.lines.join()).not.toContain('identification')
  })

  test('say what the drivers say in words for people, and quote what is not known', () => {
    for (const reason of ['unit 4 does not answer: no reply within 1000 ms', 'no good frame for 5000 ms']) {
      expect(gapReasonText(reason, 'en')).toBe('the source did not answer')
    }
    expect(gapReasonText('192.0.2.7:502 closed the connection; then: the gateway was not recording', 'de')).toBe(
      'die Verbindung zur Quelle war unterbrochen; danach: das Gateway zeichnete nicht auf',
    )
    expect(gapReasonText('flux \u202Ecapacitor', 'de')).toBe('Meldung der Quelle: „flux <U+202E>capacitor“')
    expect(gapReasonText('', 'en')).toBe('no reason is recorded')
  })
})

describe('the table of readings', () => {
  test('has first, last, one of each month, and both sides of each gap', () => {
    const rows = sheet('gaps-en').readings!.rows.map(cellsOf)
    const why = rows.map((row) => row.at(-1))
    expect(why[0]).toBe('first')
    expect(why.at(-1)).toBe('last')
    expect(why.filter((one) => one === 'month')).toHaveLength(9)
    const gap = why.indexOf('before gap 2')
    expect(why.slice(gap, gap + 3)).toEqual([
      'before gap 2',
      'gap 2: the connection to the source was interrupted, 8 d 23 h 18 min',
      'after gap 2',
    ])
  })

  test('shows the readings over which the history breaks', () => {
    const rows = sheet('fraud-en').readings!.rows.map(cellsOf)
    const found = rows.filter((row) => row.at(-1) === 'finding')
    expect(found).toHaveLength(2)
    expect(found[1]![3]).toBe('−19,474.0')
  })

  test('is not longer than a page has room for, however many readings and gaps there are', async () => {
    const gaps = Array.from({ length: 60 }, (_, at) => ({
      day: 2 + at * 3,
      hours: 30 + Math.floor(at / 2),
      reason: 'x',
    }))
    const page = sheetOf(await sample({ days: 190, gaps }))
    const readings = page.readings!.rows.filter((row) => 'cells' in row)
    expect(readings.length).toBeLessThanOrEqual(ROWS_MAX)
    expect(page.readings!.aside).toMatch(/both sides of the longest gaps$/)
    expect(page.gaps.rows).toHaveLength(60)
  })

  test('has all readings of a short life, and says so', async () => {
    const page = sheetOf(await sample({ days: 4 }))
    expect(page.readings!.aside).toBe('all 8')
    expect(page.readings!.rows).toHaveLength(8)
  })
})

test('a file that holds ten thousands of gaps, findings and streams is drawn in no more than seconds', () => {
  const many = saying(files['gaps-en']!, (subject) => {
    const [stream] = subject['streams'] as JsonObject[]
    const { fromUs } = subject['period'] as { fromUs: number }
    stream!['gaps'] = Array.from({ length: 30_000 }, (_, at) => ({
      fromUs: fromUs + at * 1_000_000,
      toUs: fromUs + at * 1_000_000 + 1 + at,
      reason: `door ${at}`,
    }))
    subject['reasons'] = Array.from({ length: 30_000 }, () => ({ code: 'ROLLBACK', text: 'x' }))
    subject['streams'] = [stream!, ...Array.from({ length: 5_000 }, (_, at) => ({ label: `s${at}`, trust: `t${at}` }))]
  })
  // Of this process, not of the wall: other work on the machine is none of it.
  const before = process.cpuUsage()
  const page = sheetOf(many)
  const { user, system } = process.cpuUsage(before)
  expect((user + system) / 1000).toBeLessThan(8_000)
  expect(page.gaps.aside).toBe('the longest 300 of 30,000; the file holds all')
  expect(page.findings.rows).toHaveLength(200)
  expect(page.sources.rows).toHaveLength(100)
  expect(page.notProven.lines.length).toBeLessThan(20)
})

describe('who cosigned', () => {
  const agreed = (gateways: number, total: number, owners: number, witnesses = 0): Agreement => ({
    gateways: Array.from({ length: gateways }, () => ({ name: 'g', legalName: 'o', timeSeconds: 1 })),
    witnesses: Array.from({ length: witnesses }, () => ({ name: 'w', legalName: null, timeSeconds: 1 })),
    gatewaysTotal: total,
    required: '1 of 1',
    independentMembers: owners,
    remarks: [],
  })

  test('is told with singular and plural as the languages want them', () => {
    const { cosignedText: en } = SHEET_WORDS.en
    const { cosignedText: de } = SHEET_WORDS.de
    expect(en(agreed(1, 1, 1))).toBe('1 of 1 gateway, of one owner')
    expect(en(agreed(3, 3, 1))).toBe('3 of 3 gateways, of one owner')
    expect(en(agreed(2, 3, 2, 1))).toBe('2 of 3 gateways, of 2 owners, and 1 outside witness')
    expect(de(agreed(1, 1, 1))).toBe('1 von 1 Gateway eines Eigentümers')
    expect(de(agreed(3, 3, 3, 2))).toBe('3 von 3 Gateways von 3 Eigentümern, und 2 äußere Zeugen')
    expect(de(null)).toMatch(/^von niemandem/)
  })
})

test('coverage is cut, so that nothing with a gap is covered by 100 %', () => {
  const page = sheetOf(
    saying(files['gaps-en']!, (subject) => {
      for (const stream of subject['streams'] as JsonObject[]) stream['coverage'] = 99_999
    }),
  )
  expect(page.figures.at(-1)!.value).toBe('99.9 %')
})
