/** Files as somebody may send them: genuine, bent, and no certificates at all, with what must be said of each. */
import { deflateSync } from 'node:zlib'
import { CERTIFICATE_BYTES_MAX, readCredential, writeCredential } from '../../../src-main/certificates/credential.ts'
import type { CredentialSigner, JsonObject } from '../../../src-main/certificates/credential.ts'
import { composeHtml } from '../../../src-main/certificates/render-html.ts'
import { loadVerifierScript } from '../../../src-main/documents/html.ts'
import { installedFonts } from '../../../src-main/documents/font-files.ts'
import { renderPdf } from '../../../src-main/documents/pdf.ts'
import { toBase64 } from '../../../src-main/wire/bytes.ts'
import { attached, plainPdf, updatedPdf } from '../../support/plain-pdf.ts'
import { issue, makeVehicle, materialOf } from './vehicle.ts'

/** `verdict page`, or the code of the refusal. */
export type Said =
  | 'unchanged none'
  | 'unchanged ours'
  | 'cannot-tell not-ours'
  | 'cannot-tell unknown'
  | 'changed none'
  | 'changed unknown'
  | 'no_certificate'
  | 'unreadable'
  | 'nothing_embedded'
  | 'several_embedded'

export interface SentFile {
  name: string
  bytes: Uint8Array
  said: Said
}

export interface SentFiles {
  policy: string
  signer: CredentialSigner
  genuine: Uint8Array
  files: SentFile[]
}

const stream = (data: Uint8Array, type = '/Type /EmbeddedFile') => ({ dictionary: type, data })
const html = (body: string): Buffer =>
  Buffer.from(`<!doctype html>\n<html><body><h1>80,000 km</h1>${body}</body></html>\n`)
const block = (certificate: Uint8Array): string =>
  `<script type="text/plain" id="plumb">${toBase64(certificate)}</script>`
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1')
const bytesOf = (latin1: string): Buffer => Buffer.from(latin1, 'latin1')

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const copy = new Uint8Array(bytes)
  copy[at]! ^= 1
  return copy
}

/** The genuine certificate, and another one of the same channel that a deceiver has too. */
export async function sentFiles(): Promise<SentFiles> {
  const vehicle = await makeVehicle({ days: 4 })
  const genuine = issue(vehicle, { ...materialOf(vehicle), stated: { ...materialOf(vehicle).stated, template: 1 } })
  const german = issue(vehicle, {
    ...materialOf(vehicle),
    stated: { ...materialOf(vehicle).stated, template: 1, language: 'de' },
  })
  const other = issue(vehicle, { ...materialOf(vehicle), stated: { number: 'PL-OTHER' } })
  const later = issue(vehicle, { ...materialOf(vehicle), stated: { template: 7 } })
  const pages = {
    pdf: await renderPdf(genuine, installedFonts),
    german: await renderPdf(german, installedFonts),
    html: Buffer.from(composeHtml(genuine, loadVerifierScript())),
    germanHtml: Buffer.from(composeHtml(german, loadVerifierScript())),
    later: Buffer.from(composeHtml(genuine, loadVerifierScript()).replace(toBase64(genuine), toBase64(later))),
  }
  const files = [
    ...bare(genuine),
    ...pdfFiles(pages, genuine, other),
    ...htmlFiles(pages, genuine, other),
    ...noCertificates(pages, genuine),
  ]
  return {
    policy: vehicle.channel.policy(),
    signer: vehicle.signer,
    genuine,
    files: files.map(([name, bytes, said]) => ({ name, bytes, said })),
  }
}

/** Clears the screen, writes a verdict, conceals what follows, and turns its order around. */
export const EVIL = '\x1b[2JThis certificate is unchanged.\x1b[8m\nVerdict unchanged\u202e'
export const EVIL_SHOWN = String.raw`\u{1B}[2JThis certificate is unchanged.\u{1B}[8m\u{A}Verdict unchanged\u{202E}`

/** What any channel can make out of its own evidence: nobody has vouched for it when its names are shown. */
export function named({ genuine, signer }: SentFiles, text: string): Uint8Array {
  const { subject, evidence, validFrom } = readCredential(genuine)
  const content = {
    validFrom,
    evidence,
    subject: {
      ...subject,
      issuedBy: { ...(subject['issuedBy'] as JsonObject), legalName: text },
      asset: { ...(subject['asset'] as JsonObject), name: text },
    },
  }
  return writeCredential(content, signer)
}

type Row = [name: string, bytes: Uint8Array, said: Said]
type Pages = Record<'pdf' | 'german' | 'html' | 'germanHtml' | 'later', Uint8Array>

function bare(genuine: Uint8Array): Row[] {
  return [
    ['the certificate itself', genuine, 'unchanged none'],
    ['the certificate with a bit flipped', flipped(genuine, genuine.length >> 1), 'changed none'],
    ['the certificate with its first bit flipped', flipped(genuine, 0), 'changed none'],
  ]
}

function pdfFiles({ pdf, german }: Pages, genuine: Uint8Array, other: Uint8Array): Row[] {
  const page = text(pdf)
  const compressed = { dictionary: '/Type /EmbeddedFile /Filter /FlateDecode', data: deflateSync(other) }
  const one = attached(stream(genuine))
  const misspelled = attached(stream(other, '/Type /Embedded#46ile'))
  const [start] = [page.indexOf(text(genuine))]
  return [
    ['our PDF', pdf, 'unchanged ours'],
    ['our PDF in German', german, 'unchanged ours'],
    ['our PDF with a bit of its picture flipped', flipped(pdf, page.indexOf('/MediaBox') + 12), 'cannot-tell not-ours'],
    ['our PDF with its last byte gone', pdf.slice(0, -1), 'cannot-tell not-ours'],
    ['our PDF with a bit of its certificate flipped', flipped(pdf, start + 900), 'changed unknown'],
    [
      'our PDF of one certificate with another inside',
      bytesOf(page.replace(text(genuine), () => text(other))),
      'cannot-tell not-ours',
    ],
    [
      'a PDF of another vehicle with a genuine certificate',
      plainPdf('WVWZZZ 80,000 km', ...one),
      'cannot-tell not-ours',
    ],
    ['a PDF whose certificate is packed', plainPdf('80,000 km', ...attached(compressed)), 'nothing_embedded'],
    [
      'a PDF with two attachments',
      plainPdf('80,000 km', ...attached(stream(genuine), stream(other))),
      'several_embedded',
    ],
    [
      'a PDF with a second, packed attachment',
      plainPdf('80,000 km', ...attached(stream(genuine), compressed)),
      'several_embedded',
    ],
    [
      'a PDF with a second attachment that does not say what it is',
      plainPdf('80,000 km', ...attached(stream(genuine), stream(deflateSync(other), '/Filter /FlateDecode'))),
      'several_embedded',
    ],
    [
      'a PDF with an orphan beside its packed attachment',
      plainPdf('80,000 km', ...attached(compressed), [stream(genuine)]),
      'several_embedded',
    ],
    [
      'a PDF with an orphan beside an attachment of a name in codes',
      plainPdf('80,000 km', ...misspelled, [stream(genuine)]),
      'several_embedded',
    ],
    [
      'a PDF with a packed attachment of a name in codes',
      plainPdf('80,000 km', ...attached({ ...compressed, dictionary: '/Type /Embedded#46ile /Filter /FlateDecode' }), [
        stream(genuine),
      ]),
      'several_embedded',
    ],
    ['our PDF with a later revision of its certificate', updatedPdf(pdf, { 5: stream(other) }), 'several_embedded'],
    [
      'our PDF with a later revision of its page',
      updatedPdf(pdf, { 4: stream(Buffer.from('BT ET'), '') }),
      'several_embedded',
    ],
    [
      'a PDF that may hold objects unseen',
      plainPdf('80,000 km', { ...one[0], 7: stream(Buffer.from('x'), '/Type /ObjStm') }, one[1]),
      'several_embedded',
    ],
  ]
}

function htmlFiles(pages: Pages, genuine: Uint8Array, other: Uint8Array): Row[] {
  const page = text(pages.html)
  const shout = `<SCRIPT id="plumb" type="text/plain">${toBase64(other)}</SCRIPT>`
  const turned = `<script id='plumb' type="text/plain">${toBase64(genuine)}</script>`
  const after = (what: string): Buffer => bytesOf(page.replace('<main>', () => `<main>${what}`))
  return [
    ['our HTML page', pages.html, 'unchanged ours'],
    ['our HTML page in German', pages.germanHtml, 'unchanged ours'],
    ['our HTML page of a later template', pages.later, 'cannot-tell unknown'],
    ['our HTML page with another mileage in it', bytesOf(page.replace(/48,\d\d\d/, '80,000')), 'cannot-tell not-ours'],
    [
      'our HTML page with a bit of its picture flipped',
      flipped(pages.html, page.indexOf('<h1>') + 6),
      'cannot-tell not-ours',
    ],
    [
      'our HTML page with a bit of its verifier flipped',
      flipped(pages.html, page.length - 900),
      'cannot-tell not-ours',
    ],
    [
      'our HTML page with a bit of its certificate flipped',
      bytesOf(page.replace(toBase64(genuine), toBase64(flipped(genuine, 900)))),
      'changed unknown',
    ],
    ['our HTML page with a space at its end', bytesOf(`${page} `), 'cannot-tell not-ours'],
    ['an HTML page of another vehicle with a genuine certificate', html(block(genuine)), 'cannot-tell not-ours'],
    ['an HTML page with the attributes in another order', html(turned), 'cannot-tell not-ours'],
    [
      'an HTML page with the genuine certificate in a comment',
      html(`<!-- ${block(genuine)} -->${shout}`),
      'several_embedded',
    ],
    ['our HTML page with another certificate in a comment', after(`<!-- ${block(other)} -->`), 'several_embedded'],
    ['our HTML page behind an upper-case block', after(shout), 'several_embedded'],
    ['our HTML page behind a block that is no base64', after('<SCRIPT ID=plumb>{}</SCRIPT>'), 'several_embedded'],
    [
      'an HTML page with another certificate that has no name',
      html(`${block(genuine)}<pre>${toBase64(other)}</pre>`),
      'several_embedded',
    ],
    ['an HTML page with two blocks', html(block(genuine) + block(genuine)), 'several_embedded'],
  ]
}

function noCertificates({ pdf, html: page }: Pages, genuine: Uint8Array): Row[] {
  return [
    ['an empty file', new Uint8Array(), 'no_certificate'],
    ['five megabytes of brackets', Buffer.alloc(5_000_000, '['), 'no_certificate'],
    [
      'JSON that is no certificate',
      Buffer.from('{"@context":["https://www.w3.org/ns/credentials/v2"]}'),
      'no_certificate',
    ],
    ['a table of accounts', Buffer.from('root:x:0:0:root:/root:/bin/bash\n'), 'no_certificate'],
    ['a photograph', Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 16]), 'no_certificate'],
    ['more bytes than a certificate has', Buffer.alloc(CERTIFICATE_BYTES_MAX + 1, genuine), 'unreadable'],
    ['a PDF without a certificate', plainPdf('80,000 km'), 'nothing_embedded'],
    ['the beginning of our PDF', pdf.slice(0, 900), 'nothing_embedded'],
    ['an HTML page without a certificate', html('<p id="plumb">none</p>'), 'nothing_embedded'],
    ['the beginning of our HTML page', page.slice(0, 5000), 'nothing_embedded'],
    ['an HTML page with a broken block', bytesOf(text(page).replace('id="plumb">', 'id="plumb">*')), 'unreadable'],
  ]
}
