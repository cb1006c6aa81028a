/** Where a reader brings the trust policy: by dropping a file, choosing one, or pasting the text. */
import type { Verification } from '../../src-main/certificates/verification.ts'
import { element } from './elements.ts'
import type { OfflineWords } from './offline-words.ts'

const POLICY_BYTES_MAX = 64 * 1024

export function policyView(
  result: Verification,
  words: OfflineWords,
  given: boolean,
  check: (policy: string) => void,
): HTMLElement {
  const said = element('p', { class: 'said', role: 'status' }, given ? words.pinned : '')
  const area = element('textarea', { 'aria-label': words.paste, spellcheck: 'false' })
  const chooser = element('input', { type: 'file', accept: '.txt,.policy,text/plain' })
  const button = element('button', { type: 'button' }, words.checkWith)
  const take = async (file: File | undefined): Promise<void> => {
    if (file === undefined) return
    if (file.size > POLICY_BYTES_MAX) return said.replaceChildren(words.noPolicy)
    area.value = await file.text()
    check(area.value)
  }
  chooser.addEventListener('change', () => void take(chooser.files?.[0]))
  button.addEventListener('click', () => check(area.value))
  const box = element(
    'section',
    { class: 'policy' },
    result.policy === null ? null : element('p', { class: 'note' }, words.compare),
    result.policy === null ? null : element('p', { class: 'fingerprint' }, result.policy.fingerprint),
    element('p', {}, words.drop),
    area,
    element('p', {}, button, ' ', element('label', { class: 'file' }, words.choose, chooser)),
    said,
  )
  box.addEventListener('dragover', (event) => {
    event.preventDefault()
    box.classList.add('over')
  })
  box.addEventListener('dragleave', () => box.classList.remove('over'))
  box.addEventListener('drop', (event) => {
    event.preventDefault()
    void take(event.dataTransfer?.files[0])
  })
  return box
}
