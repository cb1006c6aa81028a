/** Policies that somebody pinned on this machine: what a verifier relies on, because they came another way than a file. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { policyFingerprint } from '../../certificates/fingerprint.ts'
import { parsePolicy } from '../../proof/policy.ts'
import { utf8 } from '../../wire/bytes.ts'
import { GatewayError } from '../error.ts'
import { writeDurably } from '../../disk/durable-file.ts'

const POLICY_BYTES_MAX = 64 * 1024
const SUFFIX = '.policy'

export interface PinnedPolicy {
  /** Origin of the log: `plumbline.local/<channel>`. */
  name: string
  channel: string
  /** Sixteen groups of four hex digits, to compare over the telephone. */
  fingerprint: string
  text: string
}

/** Reads a policy's text into what can be compared and pinned. Throws ProofError `malformed_policy` with the line. */
export function describePolicy(text: string): PinnedPolicy {
  if (text.length > POLICY_BYTES_MAX)
    throw new GatewayError(
      'config_invalid',
      `a policy of ${text.length} bytes is not one`,
      'Give the text that plumbline log policy prints.',
    )
  const name = parsePolicy(text).logs[0]?.name
  if (name === undefined)
    throw new GatewayError(
      'config_invalid',
      'this policy names no log',
      'Give the text that plumbline log policy prints.',
    )
  return { name, channel: name.slice(name.lastIndexOf('/') + 1), fingerprint: policyFingerprint(text), text }
}

/** All pinned policies of a trust folder; one that can no longer be read is left out. */
export function pinnedPolicies(folder: string): PinnedPolicy[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .filter((file) => file.endsWith(SUFFIX))
    .toSorted()
    .flatMap((file) => {
      try {
        return [describePolicy(readFileSync(join(folder, file), 'utf8'))]
      } catch {
        return []
      }
    })
}

/** Pins a policy; one of the same channel and text is already pinned. Returns it. */
export function pinPolicy(folder: string, text: string): PinnedPolicy {
  const policy = describePolicy(text)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  writeDurably(join(folder, fileOf(policy.fingerprint)), utf8(text))
  return policy
}

/** Takes a pinned policy away; false where none has that fingerprint. */
export function unpinPolicy(folder: string, fingerprint: string): boolean {
  const path = join(folder, fileOf(fingerprint))
  if (!existsSync(path)) return false
  rmSync(path)
  return true
}

function fileOf(fingerprint: string): string {
  const hex = fingerprint.replaceAll(' ', '').toLowerCase()
  if (!/^[0-9a-f]{64}$/.test(hex))
    throw new GatewayError(
      'config_invalid',
      `"${fingerprint}" is no fingerprint`,
      'Give the 64 hex digits that plumbline trust list prints.',
    )
  return `${hex}${SUFFIX}`
}
