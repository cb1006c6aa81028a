/**
 * The verifier inside an HTML rendering: one classic script, no network. It reads the certificate that stands in the
 * page, checks it, and checks it again under a trust policy that the reader brings along.
 */
import engineUrl from '@jitl/quickjs-wasmfile-release-sync/wasm?url'
import { CERTIFICATE_ELEMENT_ID } from '../../src-main/certificates/embedding.ts'
import { CertificateError } from '../../src-main/certificates/errors.ts'
import { wordNoCertificate } from '../../src-main/certificates/looks-like.ts'
import { verifyCertificate } from '../../src-main/certificates/verify.ts'
import type { Verification } from '../../src-main/certificates/verification.ts'
import { fromBase64 } from '../../src-main/wire/bytes.ts'
import { checkView } from './check-view.ts'
import { element } from './elements.ts'
import { OFFLINE_WORDS } from './offline-words.ts'
import { policyView } from './policy-view.ts'

const language = document.documentElement.lang === 'de' ? 'de' : 'en'
const words = OFFLINE_WORDS[language]
/** Stands in the page from the start and stays below every answer: what a verifier in the same file is worth. */
const convenience = document.getElementById('convenience') ?? ''

function certificateInPage(): Uint8Array {
  return fromBase64(document.getElementById(CERTIFICATE_ELEMENT_ID)?.textContent?.trim() ?? '')
}

/** A library build turns the engine's address into a data URL, so that nothing is fetched. */
function engineInScript(): Uint8Array {
  return fromBase64(engineUrl.slice(engineUrl.indexOf(',') + 1))
}

function wordError(error: unknown): string {
  if (!(error instanceof CertificateError)) return words.notInPage
  const { code, looksLike, message } = error
  if (code === 'malformed_policy') return `${words.noPolicy} (${message})`
  if (looksLike === undefined) return words.notInPage
  const { what } = wordNoCertificate(looksLike, language)
  return `${what} ${words.notInPage}`
}

async function run(policy: string | undefined): Promise<void> {
  const place = document.getElementById('check')
  if (place === null) return
  let result: Verification
  try {
    result = await verifyCertificate(certificateInPage(), { policy, engine: engineInScript() })
  } catch (error) {
    const said = wordError(error)
    const line = place.querySelector('.policy .said')
    // Without a first answer there is no line for it: what stands in the page could not be read at all.
    if (line === null) place.prepend(element('p', { class: 'said', role: 'status' }, said))
    else line.replaceChildren(said)
    return
  }
  place.dataset['verdict'] = result.verdict
  place.replaceChildren(
    ...checkView(result, language, words.ownPage),
    policyView(result, words, policy !== undefined, (text) => void run(text)),
    convenience,
  )
}

void run(undefined)
