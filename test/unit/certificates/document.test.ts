import { beforeAll, describe, expect, test } from 'vitest'
import { wordDocument, wordedCertified } from '../../../src-main/certificates/page-words.ts'
import type { DocumentCheck } from '../../../src-main/certificates/document-check.ts'
import { CertificateError } from '../../../src-main/certificates/errors.ts'
import { loadEngine } from '../../../src-main/documents/engine.ts'
import { loadVerifierScript } from '../../../src-main/documents/html.ts'
import { installedFonts } from '../../../src-main/documents/font-files.ts'
import { renderPdf } from '../../../src-main/documents/pdf.ts'
import { checkFile } from '../../../src-main/gateway/evidence/check-file.ts'
import { sha256, toHex, utf8 } from '../../../src-main/wire/bytes.ts'
import { answerFor } from '../../../src-renderer/verifier/answer.ts'
import type { CheckMeans } from '../../../src-renderer/verifier/answer.ts'
import { sentFiles } from './documents.ts'
import type { SentFiles } from './documents.ts'

let sent: SentFiles
beforeAll(async () => {
  sent = await sentFiles()
})

const told = ({ verdict, page }: DocumentCheck): string => `${verdict} ${page}`

/** What `plumbline verify` works with. */
async function onCommandLine(bytes: Uint8Array): Promise<string> {
  try {
    return told(await checkFile(bytes, [sent.policy]))
  } catch (error) {
    if (error instanceof CertificateError) return error.code
    throw error
  }
}

const means: CheckMeans = {
  engine: async () => loadEngine(),
  ownScript: toHex(sha256(utf8(loadVerifierScript()))),
  drawPdf: (certificate) => renderPdf(certificate, installedFonts),
}

/** What the console's worker answers. */
async function inConsole(bytes: Uint8Array): Promise<string> {
  const answer = await answerFor(bytes, '', [sent.policy], means)
  if ('error' in answer) throw new Error(answer.error)
  return 'refused' in answer ? answer.refused.code : told(answer.result)
}

const fileOf = (name: string): Uint8Array => sent.files.find((one) => one.name === name)!.bytes
const check = (name: string, policies = [sent.policy]): Promise<DocumentCheck> => checkFile(fileOf(name), policies)

describe('whatever file somebody sends', () => {
  test('is said to be the same by the command line and by the console', async () => {
    const expected = Object.fromEntries(sent.files.map(({ name, said }) => [name, said]))
    expect(Object.keys(expected)).toHaveLength(sent.files.length)
    const [line, console]: [Record<string, string>, Record<string, string>] = [{}, {}]
    for (const { name, bytes } of sent.files) {
      line[name] = await onCommandLine(bytes)
      console[name] = await inConsole(bytes)
    }
    expect(line).toEqual(expected)
    expect(console).toEqual(expected)
  })
})

describe('a page', () => {
  test('that shows another vehicle is spoken of before the certificate in it', async () => {
    const result = await check('a PDF of another vehicle with a genuine certificate')
    expect(result.missing[0]!.code).toBe('page_not_ours')
    expect(result.explanation).toMatch(
      /^The page was not drawn by Plumbline from this certificate: what it shows may be anything\./,
    )
    expect(result.explanation).toContain('another program may find another one')
    expect(wordDocument(result, 'de').explanation).toMatch(
      /^Die Seite wurde nicht von Plumbline aus diesem Zertifikat gezeichnet/,
    )
    expect(wordedCertified(result, 'en')!.title).toBe('What the certificate that was found inside says')
  })

  test('that is ours is said to be so, in both languages', async () => {
    const result = await check('our PDF')
    expect(wordDocument(result, 'en')).toMatchObject({
      headline: 'This certificate is unchanged.',
      page: 'The page you see is the one that Plumbline draws from this certificate, byte for byte.',
    })
    expect(wordDocument(result, 'de').page).toMatch(/Byte für Byte/)
  })

  test('is not drawn for a channel that nobody pinned, and that is said', async () => {
    let drawn = 0
    const counting = { ...means, drawPdf: async () => ((drawn += 1), new Uint8Array()) }
    const answer = await answerFor(fileOf('our PDF'), '', [], counting)
    if (!('result' in answer)) throw new Error('refused')
    expect(drawn).toBe(0)
    expect(told(answer.result)).toBe('cannot-tell unknown')
    expect(answer.result.missing.map(({ code }) => code)).toEqual(['page_unknown', 'policy_unknown'])
    expect(answer.result.explanation).toMatch(
      /^The page was not compared, because its channel is not vouched for yet: what it shows may be anything\. \S/,
    )
    expect(wordDocument(answer.result, 'de').explanation).toMatch(
      /^Die Seite wurde nicht verglichen, weil für ihren Kanal noch nicht gebürgt ist: Was sie zeigt, kann alles sein\. \S/,
    )
  })

  test('of a template that this release lacks is not compared, and which one that is is said', async () => {
    const result = await check('our HTML page of a later template')
    expect(result.headline).toBe('Cannot tell: this page was not compared with the certificate in it.')
    expect(result.explanation).toMatch(/^The page follows template 7, which this release cannot draw/)
    expect(wordDocument(result, 'de').explanation).toMatch(/^Die Seite folgt der Vorlage 7/)
  })

  test('with another verifier in it is said to be able to say anything', async () => {
    const result = await check('our HTML page with a bit of its verifier flipped')
    expect(result.explanation).toMatch(/^The page carries a verifier that this release does not know/)
  })

  test('that this host cannot draw is not compared, and that is said', async () => {
    const answer = await answerFor(fileOf('our PDF'), '', [sent.policy], { ...means, drawPdf: null })
    if (!('result' in answer)) throw new Error('refused')
    expect(told(answer.result)).toBe('cannot-tell unknown')
    expect(answer.result.explanation).toMatch(
      /^The page of a PDF is not compared here but by plumbline verify: what it shows may be anything\./,
    )
  })
})

describe('what was certified', () => {
  test('is named with asset, period, verdict, figures, issuer and the date by the issuer’s clock', async () => {
    const { rows, title } = wordedCertified(await check('our PDF'), 'en')!
    expect(title).toBe('What was certified')
    expect(Object.fromEntries(rows)).toMatchObject({
      Asset: expect.stringContaining('PLBZZZ1KZ00000001'),
      Period: expect.stringMatching(/^1 January 2025.* to 4 January 2025/),
      Verdict: 'The mileage history is logical.',
      Driven: '124.5 km',
      'Issued by': 'hall GmbH',
      Signed: '11 March 2026, 13:02:31 UTC, by the issuer’s clock',
    })
  })

  test('is only what the file claims while nobody vouches for it', async () => {
    expect(wordedCertified(await check('our PDF', []), 'de')!.title).toBe('Was die Datei behauptet')
  })

  test('is not said of a changed certificate, nor is anything else of its content', async () => {
    const result = await check('our HTML page with a bit of its certificate flipped')
    expect(result).toMatchObject({ verdict: 'changed', certified: null, claims: null, missing: [] })
    expect(wordedCertified(result, 'en')).toBeNull()
    expect(wordDocument(result, 'en').page).toBeNull()
  })
})

test('a bare certificate that is named like a page is not vouched for: its texts may become one', async () => {
  for (const [name, page] of [
    ['certificate.html', 'not-ours'],
    ['CERTIFICATE.HTM', 'not-ours'],
    ['a/certificate.pdf', 'not-ours'],
    ['certificate.plumb', 'none'],
    ['certificate.json', 'none'],
    ['', 'none'],
  ] as const) {
    const result = await checkFile(sent.genuine, [sent.policy], name)
    expect([name, result.page, result.verdict]).toEqual([name, page, page === 'none' ? 'unchanged' : 'cannot-tell'])
    const answer = await answerFor(sent.genuine, name, [sent.policy], means)
    expect(answer).toMatchObject({ result: { page } })
    if (page === 'not-ours') expect(wordDocument(result, 'de').explanation).toContain('Endung .plumb')
  }
})
