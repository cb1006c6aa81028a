/**
 * One HTML file that shows a certificate and checks it without a network: the certificate stands inside as base64, the
 * verifier as one classic script with its rule engine. The content security policy admits that script by its hash and
 * nothing else. It is a view and a convenience, and says so.
 */
import { sha256, toBase64, utf8 } from '../wire/bytes.ts'
import { shapeOf } from './curve-geometry.ts'
import { CERTIFICATE_ELEMENT_ID } from './embedding.ts'
import { SHEET_CSS } from './html-style.ts'
import { dayText, numberText } from './numbers.ts'
import type { Language } from './numbers.ts'
import { SHEET_WORDS } from './sheet-words.ts'
import { sheetOf } from './sheet.ts'
import type { Sheet, SheetCurve } from './sheet.ts'

export interface HtmlParts {
  language: Language
  /** The built verifier (classic script), which finds the certificate by its element id and shows itself in `#check`. */
  verifierScript: string
}

/** Throws StepStop or WireError for bytes that are no certificate; Error for a script that cannot stand inline. */
export function composeHtml(certificate: Uint8Array, parts: HtmlParts): string {
  const sheet = sheetOf(certificate, parts.language)
  if (/<\/script|<!--/i.test(parts.verifierScript)) throw new Error('the verifier script holds a tag that would end it')
  const policy = [
    "default-src 'none'",
    `script-src '${sourceHash(parts.verifierScript)}' 'wasm-unsafe-eval'`,
    `style-src '${sourceHash(SHEET_CSS)}'`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ')
  return `<!doctype html>
<html lang="${parts.language}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(`${sheet.title} · ${sheet.about[0] ?? ''}`)}</title>
<style>${SHEET_CSS}</style>
</head>
<body>
${SPRITE}
<main>
${paper(sheet)}
<article class="check" id="check"><p class="note" id="convenience">${escapeHtml(sheet.convenience)}</p></article>
</main>
<script type="text/plain" id="${CERTIFICATE_ELEMENT_ID}">${toBase64(certificate)}</script>
<script>${parts.verifierScript}</script>
</body>
</html>
`
}

function sourceHash(text: string): string {
  return `sha256-${toBase64(sha256(utf8(text)))}`
}

/** For text and quoted attributes. */
export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')
}

function paper(sheet: Sheet): string {
  const words = SHEET_WORDS[sheet.language]
  const { ledger } = sheet
  const facts: [string, string][] = [
    [words.entries, `${numberText(ledger.size, sheet.language)}, ${ledger.cosigned}`],
    [words.seal, String(ledger.index)],
    [words.root, ledger.root],
    [words.fingerprint, ledger.fileHash],
    [words.policyFingerprint, ledger.policyFingerprint],
  ]
  return `<article class="paper">
<div class="top"><span>${escapeHtml(sheet.issuer)}</span><span>${escapeHtml(sheet.number)}</span></div>
<h1>${escapeHtml(sheet.title)}</h1>
${sheet.simulated === null ? '' : `<p class="simulated">${escapeHtml(sheet.simulated)}</p>`}
${sheet.about.map((line) => `<p>${escapeHtml(line)}</p>`).join('\n')}
<p>${escapeHtml(sheet.period)}</p>
<p class="verdict">${escapeHtml(sheet.verdict)}</p>
${sheet.curve === null ? '' : curveSvg(sheet.curve, sheet.language)}
${section(words.findings, sheet.findings.length === 0 ? `<p>${words.none}</p>` : list(sheet.findings))}
${section(words.readings, table(sheet.streams))}
${section(words.figures, factList(sheet.figures))}
${section(words.certificate, factList(sheet.facts))}
${section(words.notProven, list(sheet.notProven))}
${sheet.stated.length === 0 ? '' : section(words.statedByIssuer, factList(sheet.stated))}
${section(words.ledger, `<div class="bytes">${factList(facts)}</div>`)}
<p class="note">${escapeHtml(sheet.onlyTheFile)}</p>
</article>`
}

function section(title: string, body: string): string {
  return `<section><h2>${escapeHtml(title)}</h2>${body}</section>`
}

function list(lines: string[]): string {
  return `<ul>${lines.map((line) => `<li>${escapeHtml(line)}</li>`).join('')}</ul>`
}

function factList(facts: [string, string][]): string {
  return `<dl>${facts.map(([name, value]) => `<div><dt>${escapeHtml(name)}</dt><dd>${escapeHtml(value)}</dd></div>`).join('')}</dl>`
}

function table({ head, rows }: Sheet['streams']): string {
  const cells = (tag: string, row: string[]): string =>
    row.map((cell) => `<${tag}>${escapeHtml(cell)}</${tag}>`).join('')
  const body = rows.map((row) => `<tr>${cells('td', row)}</tr>`).join('')
  return `<table><thead><tr>${cells('th', head)}</tr></thead><tbody>${body}</tbody></table>`
}

const CURVE = { width: 640, height: 96, left: 4, top: 12 }

function curveSvg(curve: SheetCurve, language: Language): string {
  const shape = shapeOf(curve, CURVE)
  const at = (value: number): string => value.toFixed(1)
  const paths = shape.lines.map((line) => `M${line.map(([x, y]) => `${at(x)} ${at(y)}`).join('L')}`)
  const gaps = shape.gaps.map(
    (gap) => `<rect x="${at(gap.x)}" y="0" width="${at(gap.width)}" height="${CURVE.height}"/>`,
  )
  const unit = curve.unit === '1' ? '' : ` ${curve.unit}`
  const label = (value: number): string => escapeHtml(`${numberText(value, language)}${unit}`)
  const days = [shape.fromUs, shape.toUs].map((time) => escapeHtml(dayText(time, language)))
  return `<svg class="curve" viewBox="0 0 780 136" role="img" aria-label="${escapeHtml(curve.label)}">
<g transform="translate(${CURVE.left} ${CURVE.top})">
<line x1="0" y1="0" x2="${CURVE.width}" y2="0"/><line x1="0" y1="${CURVE.height}" x2="${CURVE.width}" y2="${CURVE.height}"/>
${gaps.join('')}<path d="${paths.join('')}"/>
<text x="${CURVE.width + 8}" y="4">${label(shape.high)}</text><text x="${CURVE.width + 8}" y="${CURVE.height + 4}">${label(shape.low)}</text>
<text x="0" y="${CURVE.height + 20}">${days[0]}</text><text x="${CURVE.width}" y="${CURVE.height + 20}" text-anchor="end">${days[1]}</text>
</g></svg>`
}

/** The bob in its three states; the broken one is the only coloured thing on the page. */
const SPRITE = `<svg class="sprite" aria-hidden="true">
<symbol id="in-unchanged" viewBox="0 0 20 28"><rect class="sy-k" x="6.9" y="1" width="6.2" height="9" rx="3.1"/><path class="sy-k" d="M10 7v7"/><path class="sy-b" d="M7.2 13.5h5.6L14.8 16 10 27 5.2 16Z"/></symbol>
<symbol id="in-cannot-tell" viewBox="0 0 20 28"><rect class="sy-k" x="6.9" y="1" width="6.2" height="9" rx="3.1"/><path class="sy-k" d="M10 7v.4M10 11.2v.2"/><path class="sy-k" d="M7.4 14.4h5.2l1.8 2.1L10 26.2 5.6 16.5Z"/></symbol>
<symbol id="in-changed" viewBox="0 0 20 28"><path class="sy-k" d="M7.4 10.6A3.4 3.4 0 0 1 4 7.2V4.4A3.4 3.4 0 0 1 7.4 1"/><path class="sy-k" d="M12 2.4A3.4 3.4 0 0 1 14.6 5.7V8.3A3.4 3.4 0 0 1 12 11.6"/><path class="sy-x" transform="rotate(-20 10 17)" d="M6.8 14.6h6.4L15.4 17.4 10 27.6 4.6 17.4Z"/></symbol>
</svg>`
