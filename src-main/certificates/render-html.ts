/**
 * One HTML file that shows a certificate and checks it without a network: the certificate stands inside as base64, the
 * verifier as one classic script with its rule engine. The content security policy admits that script by its hash and
 * nothing else. It is a view and a convenience, and says so.
 */
import { sha256, toBase64, utf8 } from '../wire/bytes.ts'
import { CERTIFICATE_ELEMENT_ID } from './embedding.ts'
import { escapeHtml } from './html-escape.ts'
import { sheetHtml } from './html-sheet.ts'
import { SHEET_CSS } from './html-style.ts'
import { sheetOf } from './sheet.ts'

/**
 * The page, which follows from the certificate and the script alone. `verifierScript` is the built verifier (classic script), which
 * finds the certificate by its element id and shows itself in `#check`.
 * Throws StepStop or WireError for bytes that are no certificate, TemplateUnknown, Error for a script that cannot stand inline.
 */
export function composeHtml(certificate: Uint8Array, verifierScript: string): string {
  const sheet = sheetOf(certificate)
  if (/<\/script|<!--/i.test(verifierScript)) throw new Error('the verifier script holds a tag that would end it')
  const policy = [
    "default-src 'none'",
    `script-src '${sourceHash(verifierScript)}' 'wasm-unsafe-eval'`,
    `style-src '${sourceHash(SHEET_CSS)}'`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ')
  return `<!doctype html>
<html lang="${sheet.language}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(sheet.documentTitle)}</title>
<meta name="author" content="${escapeHtml(sheet.issuer.name)}">
<style>${SHEET_CSS}</style>
</head>
<body>
${SPRITE}
<main>
${sheetHtml(sheet)}
<article class="check" id="check"><p class="note" id="convenience">${escapeHtml(sheet.convenience)}</p></article>
</main>
<script type="text/plain" id="${CERTIFICATE_ELEMENT_ID}">${toBase64(certificate)}</script>
<script>${verifierScript}</script>
</body>
</html>
`
}

function sourceHash(text: string): string {
  return `sha256-${toBase64(sha256(utf8(text)))}`
}

/** The bob in its three states; the broken one is the only coloured thing on the page. */
const SPRITE = `<svg class="sprite" aria-hidden="true">
<defs><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><path class="hatch" d="M0 0V6"/></pattern></defs>
<symbol id="in-unchanged" viewBox="0 0 20 28"><rect class="sy-k" x="6.9" y="1" width="6.2" height="9" rx="3.1"/><path class="sy-k" d="M10 7v7"/><path class="sy-b" d="M7.2 13.5h5.6L14.8 16 10 27 5.2 16Z"/></symbol>
<symbol id="in-cannot-tell" viewBox="0 0 20 28"><rect class="sy-k" x="6.9" y="1" width="6.2" height="9" rx="3.1"/><path class="sy-k" d="M10 7v.4M10 11.2v.2"/><path class="sy-k" d="M7.4 14.4h5.2l1.8 2.1L10 26.2 5.6 16.5Z"/></symbol>
<symbol id="in-changed" viewBox="0 0 20 28"><path class="sy-k" d="M7.4 10.6A3.4 3.4 0 0 1 4 7.2V4.4A3.4 3.4 0 0 1 7.4 1"/><path class="sy-k" d="M12 2.4A3.4 3.4 0 0 1 14.6 5.7V8.3A3.4 3.4 0 0 1 12 11.6"/><path class="sy-x" transform="rotate(-20 10 17)" d="M6.8 14.6h6.4L15.4 17.4 10 27.6 4.6 17.4Z"/></symbol>
</svg>`
