import { join } from 'node:path'
import { enclosedPolicy } from '../gateway/evidence/check-file.ts'
import {
  describePolicy,
  pinnedPolicies,
  pinPolicy,
  unpinPolicy,
  type PinnedPolicy,
} from '../gateway/evidence/trust-store.ts'
import { printed } from '../wire/printable.ts'
import type { Command, Invocation } from './command.ts'
import { EXIT, unreadable, UsageError } from './exit-status.ts'
import { readNamed } from './read-file.ts'

const FILE_BYTES_MAX = 256 * 1024 * 1024

export const trust: Command = {
  name: 'trust',
  usage: 'trust pin FILE [--fingerprint HEX] | trust list | trust unpin FINGERPRINT',
  summary:
    'pin: relies on the policy in FILE (a policy, or a certificate that encloses one) from now on. Compare its fingerprint\nwith what the operator tells you another way first: anyone can make a file that agrees with itself.',
  options: {
    fingerprint: { type: 'string', value: 'HEX', help: 'pin only if the policy has this fingerprint' },
  },
  async run(invocation) {
    const { positionals, data, print } = invocation
    const [what, argument] = positionals
    const folder = join(data, 'trust')
    if (what === 'list') {
      const policies = pinnedPolicies(folder)
      print({ policies }, policies.length === 0 ? 'No channel is pinned.' : policies.map(describe).join('\n'))
      return EXIT.ok
    }
    if (argument === undefined || (what !== 'pin' && what !== 'unpin'))
      throw new UsageError('say what to do: trust pin FILE, trust list, or trust unpin FINGERPRINT')
    if (what === 'unpin') {
      if (!unpinPolicy(folder, argument))
        throw new UsageError('no pinned policy has this fingerprint', 'plumbline trust list prints those that are.')
      print({ unpinned: argument }, 'No longer relied on.')
      return EXIT.ok
    }
    const policy = pinPolicy(folder, policyText(invocation, argument))
    print(policy, `Pinned. Certificates of this channel are now checked against it:\n${describe(policy)}`)
    return EXIT.ok
  },
}

function policyText(invocation: Invocation, file: string): string {
  const bytes = readNamed(file, FILE_BYTES_MAX)
  const text = enclosed(file, bytes) ?? new TextDecoder().decode(bytes)
  let policy: PinnedPolicy
  try {
    policy = describePolicy(text)
  } catch (cause) {
    throw new UsageError(
      `${file} is neither a policy nor a certificate: ${(cause as Error).message}`,
      'Give the text that plumbline log policy prints, or a .plumb.',
    )
  }
  const wanted = invocation.text('fingerprint')?.replaceAll(/[\s:]/g, '').toUpperCase()
  const actual = policy.fingerprint.replaceAll(' ', '')
  if (wanted !== undefined && wanted !== actual)
    throw new UsageError(
      `the policy has another fingerprint: ${policy.fingerprint}`,
      'It was not pinned. Do not rely on this file before you know why.',
    )
  return text
}

function enclosed(file: string, bytes: Uint8Array): string | null {
  try {
    return enclosedPolicy(bytes)
  } catch (error) {
    throw unreadable(file, error)
  }
}

function describe(policy: PinnedPolicy): string {
  return printed`${policy.name}\n  ${policy.fingerprint}`
}
