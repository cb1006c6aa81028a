import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { describePolicy, pinnedPolicies, pinPolicy } from '../../../../src-main/gateway/evidence/trust-store.ts'
import { formatPolicy } from '../../../../src-main/proof/policy.ts'
import { testKey } from '../../../support/channel.ts'

const folder = mkdtempSync(join(tmpdir(), 'plumbline-trust-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const policyOf = (channel: string, name: string): string => {
  return formatPolicy({
    origin: `plumbline.local/${channel}`,
    logKeys: [testKey(name, 'checkpoint').public],
    cosigners: [{ name: `plumbline.local/${channel}/${name}`, publicKey: testKey(name, 'cosignature').public }],
    quorum: 1,
  })
}

describe('pinning', () => {
  test('refuses a policy that names the log of another channel beside the one it shows', () => {
    const other = policyOf('bb', 'mallory')
      .split('\n')
      .find((line) => line.startsWith('log '))
    const mixed = `${policyOf('aa', 'mallory')}${other}\n`
    expect(() => describePolicy(mixed)).toThrow(/speaks of one log: plumbline\.local\/aa, not plumbline\.local\/bb/)
    expect(() => pinPolicy(folder, mixed)).toThrow(/speaks of one log/)
    expect(readdirSync(folder)).toEqual([])
  })

  test('shows channel and fingerprint of what is pinned, once however often it is', () => {
    const text = policyOf('aa', 'hall')
    const pinned = pinPolicy(folder, text)
    pinPolicy(folder, text)
    expect(pinned).toMatchObject({ name: 'plumbline.local/aa', channel: 'aa' })
    expect(pinnedPolicies(folder)).toEqual([pinned])
  })
})
