import { join } from 'node:path'
import { wordAgreement } from '../certificates/agreement-words.ts'
import { policyFingerprint } from '../certificates/fingerprint.ts'
import type { Step } from '../certificates/step.ts'
import type { Verification } from '../certificates/verification.ts'
import { checkFile } from '../gateway/check-file.ts'
import { gatewaysUnder } from '../gateway/data-folder.ts'
import { describePolicy, pinnedPolicies } from '../gateway/trust-store.ts'
import { fromUtf8 } from '../wire/bytes.ts'
import type { Command } from './command.ts'
import { exitOf, UsageError } from './exit-status.ts'
import { readNamed } from './read-file.ts'

const CERTIFICATE_BYTES_MAX = 256 * 1024 * 1024
const POLICY_BYTES_MAX = 64 * 1024

export const verify: Command = {
  name: 'verify',
  usage: 'verify FILE [--policy FILE]',
  summary:
    'Checks a certificate (.plumb, or the PDF or HTML that carries it) step by step, without a network.\nExit status: 0 unchanged, 1 changed, 2 cannot tell yet, 64 unreadable file.',
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
    const bytes = readNamed(file, CERTIFICATE_BYTES_MAX)
    const result = await checkFile(bytes, policiesOf(text('policy'), data))
    print(
      { ...result, path: file, fingerprint: result.policy === null ? null : policyFingerprint(result.policy.text) },
      checkText(file, result),
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

/** What a person reads: the verdict, its steps, by whom, and what is not proven. */
export function checkText(file: string, result: Verification): string {
  const lines = [`${file}: ${result.headline}`, result.explanation, '']
  for (const step of result.steps) {
    lines.push(`  ${MARK[step.state]} ${step.title}: ${step.detail}`)
    if (step.expected !== undefined) lines.push(`           expected ${step.expected}`)
    if (step.actual !== undefined) lines.push(`           actual   ${step.actual}`)
  }
  if (result.verdict === 'cannot-tell' && result.agreement === null && result.policy !== null)
    lines.push(
      '',
      'Its policy has this fingerprint:',
      `  ${result.policy.fingerprint}`,
      'Compare it with what the operator tells you another way. If it is the same:',
      `  plumbline trust pin ${file}`,
    )
  // Of a changed file nothing may be said that rests on its content.
  const byWhom =
    result.agreement === null || result.verdict === 'changed' ? null : wordAgreement(result.agreement, 'en')
  if (byWhom !== null) {
    const cosigners = byWhom.cosigners.map(({ name, time }) => `  ${name}, ${time}`)
    lines.push('', `${byWhom.title}:`, `  ${byWhom.summary}`, ...cosigners, ...byWhom.remarks.map((one) => `  ${one}`))
  }
  const notProven = result.notProven.filter((sentence) => byWhom?.remarks.includes(sentence) !== true)
  if (notProven.length > 0) lines.push('', 'Not proven:', ...notProven.map((sentence) => `  ${sentence}`))
  return lines.join('\n')
}
