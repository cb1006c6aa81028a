/** What was certified, the verdict, and its eight steps. A step that stops shows what was expected and what was found. */
import type { Language } from '../../src-main/wire/languages.ts'
import { wordAgreement, type WordedAgreement } from '../../src-main/certificates/agreement-words.ts'
import { wordCheck } from '../../src-main/certificates/check-words.ts'
import { certifiedOf } from '../../src-main/certificates/certified.ts'
import { wordCertified } from '../../src-main/certificates/page-words.ts'
import type { Verification } from '../../src-main/certificates/verification.ts'
import { element, sign } from './elements.ts'

export function checkView(result: Verification, language: Language, ownPage: string): HTMLElement[] {
  const worded = wordCheck(result, language)
  const statement = element(
    'section',
    { class: 'statement', role: 'status' },
    sign(`in-${result.verdict}`),
    element(
      'div',
      {},
      element('p', { class: 'sentence' }, worded.headline),
      element('p', {}, worded.explanation),
      result.verdict === 'changed' ? null : element('p', { class: 'note' }, ownPage),
    ),
  )
  const steps = element('ol', { class: 'steps' })
  for (const [at, step] of result.steps.entries()) {
    const { title, detail } = worded.steps[at]!
    const line = element('div', { class: 'line' }, element('b', {}, title), element('span', {}, detail))
    const item = element('li', { 'data-state': step.state, 'data-step': step.id }, line)
    if (step.expected !== undefined || step.actual !== undefined) {
      item.append(
        element(
          'div',
          { class: 'compare' },
          compared(worded.expected, step.expected),
          compared(worded.actual, step.actual),
        ),
      )
    }
    steps.append(item)
  }
  const facts = certified(result, language)
  // A statement has no room of its own above it; behind the facts, a section gives it some.
  const shown = facts === null ? [statement, steps] : [facts, element('section', {}, statement), steps]
  const { agreement } = result
  return agreement === null || result.verdict === 'changed'
    ? shown
    : [...shown, byWhom(wordAgreement(agreement, language))]
}

/** Before the verdict, so that nobody takes it for a verdict on something else. Nothing of a changed file. */
function certified(result: Verification, language: Language): HTMLElement | null {
  const facts = result.verdict === 'changed' ? null : certifiedOf(result.claims)
  if (facts === null) return null
  const { title, rows } = wordCertified(facts, result.verdict === 'unchanged' ? 'certified' : 'claimed', language)
  const list = rows.map(([name, value]) => element('div', {}, element('dt', {}, name), element('dd', {}, value)))
  return element('section', { class: 'certified' }, element('h2', {}, title), element('dl', {}, ...list))
}

function byWhom(worded: WordedAgreement): HTMLElement {
  const cosigners = worded.cosigners.map(({ name, time }) => element('li', {}, `${name}, ${time}`))
  const remarks = worded.remarks.map((remark) => element('p', {}, remark))
  const title = element('h2', {}, worded.title)
  const list = element('ul', {}, ...cosigners)
  return element('section', { class: 'by-whom' }, title, element('p', {}, worded.summary), list, ...remarks)
}

function compared(title: string, value: string | undefined): HTMLElement {
  return element('div', {}, element('p', { class: 'note' }, title), element('p', { class: 'bytes' }, value ?? '–'))
}
