import { join } from 'node:path'
import { wordAgreement } from '../certificates/agreement-words.ts'
import { policyFingerprint } from '../certificates/fingerprint.ts'
import type { Step } from '../certificates/step.ts'
import type { DocumentCheck } from '../certificates/document-check.ts'
import { DOCUMENT_BYTES_MAX } from '../certificates/embedding.ts'
import { statedOf } from '../certificates/stated.ts'
import { wordedCertified, wordDocument } from '../certificates/page-words.ts'
import { checkFile } from '../gateway/evidence/check-file.ts'
import { FORK_PROOF_BYTES_MAX, isForkProof } from '../record/fork-proof.ts'
import { gatewaysUnder } from '../gateway/folder/data-folder.ts'
import { describePolicy, pinnedPolicies } from '../gateway/evidence/trust-store.ts'
import { fromUtf8 } from '../wire/bytes.ts'
import { printable, printed } from '../wire/printable.ts'
import { dataOption, type Command } from './command.ts'
import { exitOf, unreadable, UsageError } from './exit-status.ts'
import { readNamed } from './read-file.ts'
import { checkFork, forkText, knownOrigins } from './verify-fork.ts'

const POLICY_BYTES_MAX = 64 * 1024

export const verify: Command = {
  name: 'verify',
  usage: 'verify FILE [--policy FILE]',
  summary:
    'Checks a certificate (.plumb, or the PDF or HTML that carries it) step by step, without a network.\nA PDF or HTML is vouched for only where its page is the one that is drawn from the certificate in it, byte for byte.\nA fork proof of a gateway (evidence/*.fork.json) is explained: who signed two different records of one size.\nExit status: 0 unchanged, 1 changed, 2 cannot tell yet, 64 the file cannot be read.',
  options: {
    policy: {
      type: 'string',
      value: 'FILE',
      help: 'the policy of the channel, which came another way than the certificate',
    },
  },
  async run({ positionals, text, data, print }) {
    const [file] = positionals
    if (file === undefined || positionals.length > 1) throw new UsageError('verify takes one file')
    const bytes = readNamed(file, DOCUMENT_BYTES_MAX)
    const policies = policiesOf(text('policy'), data)
    const asText = bytes.length <= FORK_PROOF_BYTES_MAX ? new TextDecoder().decode(bytes) : ''
    if (isForkProof(asText)) {
      const check = checkFork(asText, knownOrigins(policies, data))
      print({ ...check, path: file }, forkText(file, check))
      return exitOf(check.verdict)
    }
    const result = await checkFile(bytes, policies, file).catch((error: unknown) => {
      throw unreadable(file, error)
    })
    print(
      { ...result, path: file, fingerprint: result.policy === null ? null : policyFingerprint(result.policy.text) },
      checkText(file, result, dataOption({ text })),
    )
    return exitOf(result.verdict)
  },
}

function policiesOf(file: string | undefined, data: string): string[] {
  if (file === undefined) {
    const folders = [join(data, 'trust'), ...gatewaysUnder(data).map((folder) => folder.trust)]
    return folders.flatMap((folder) => pinnedPolicies(folder).map((policy) => policy.text))
  }
  const text = fromUtf8(readNamed(file, POLICY_BYTES_MAX))
  try {
    describePolicy(text)
  } catch (cause) {
    throw new UsageError(
      `${file} is no policy: ${(cause as Error).message}`,
      'Give the text that plumbline log policy prints.',
    )
  }
  return [text]
}

const MARK: Record<Step['state'], string> = { holds: 'holds ', stops: 'STOPS ', waits: 'waits ', 'not-run': '-     ' }

/** What a person reads: what was certified, the verdict, whether the page shows it, the steps, by whom, and what is not proven. */
export function checkText(file: string, result: DocumentCheck, option = ''): string {
  const { headline, explanation, page } = wordDocument(result, 'en')
  const lines = [printable(file), '', ...certifiedLines(result), printable(headline), printable(explanation)]
  if (page !== null && result.page === 'ours') lines.push(page)
  lines.push('', ...result.steps.flatMap(stepLines))
  if (result.verdict === 'cannot-tell' && result.agreement === null && result.policy !== null)
    lines.push(
      '',
      'Its policy has this fingerprint:',
      printed`  ${result.policy.fingerprint}`,
      'Compare it with what the operator tells you another way. If it is the same:',
      printed`  plumbline trust pin ${file}${option}`,
    )
  // Of a changed file nothing may be said that rests on its content.
  const byWhom =
    result.agreement === null || result.verdict === 'changed' ? null : wordAgreement(result.agreement, 'en')
  if (byWhom !== null) {
    const cosigners = byWhom.cosigners.map(({ name, time }) => printed`  ${name}, ${time}`)
    const remarks = byWhom.remarks.map((one) => printed`  ${one}`)
    lines.push('', `${byWhom.title}:`, printed`  ${byWhom.summary}`, ...cosigners, ...remarks)
  }
  const notProven = result.notProven.filter((sentence) => byWhom?.remarks.includes(sentence) !== true)
  if (notProven.length > 0) lines.push('', 'Not proven:', ...notProven.map((sentence) => printed`  ${sentence}`))
  return lines.join('\n')
}

function certifiedLines(result: DocumentCheck): string[] {
  const certified = wordedCertified(result, 'en')
  if (certified === null) return []
  const { number } = statedOf(result.claims?.stated ?? {})
  const hash = result.file.hash.toUpperCase().match(/.{4}/g)?.join(' ') ?? ''
  certified.rows.unshift(...(number === '' ? [] : [['Number', number] as [string, string]]))
  // What paper prints under "Check this certificate".
  certified.rows.push(['SHA-256', hash])
  const width = certified.rows.reduce((most, [name]) => Math.max(most, printable(name).length), 0)
  const rows = certified.rows.map(([name, value]) => `  ${printable(name).padEnd(width)}  ${printable(value)}`)
  return [`${certified.title}:`, ...rows, '']
}

function stepLines(step: Step): string[] {
  const lines = [printed`  ${MARK[step.state]} ${step.title}: ${step.detail}`]
  if (step.expected !== undefined) lines.push(printed`           expected ${step.expected}`)
  if (step.actual !== undefined) lines.push(printed`           actual   ${step.actual}`)
  return lines
}
