import { expect, test } from 'vitest'
import type { Signers } from '../../../src-main/api/signers.ts'
import { overviewAnswers } from '../../../src-main/api/answers/overview.ts'
import type { Channel } from '../../../src-main/gateway/channel.ts'

const FINGERPRINT = 'ab'.repeat(32)

function deciding(trust: () => Promise<void>) {
  const recorded: unknown[] = []
  const gateway = {
    acquisition: { trust },
    thread: { record: (...event: unknown[]) => void recorded.push(event) },
    sourceState: () => ({ state: 'live' }),
  } as unknown as Channel
  const decide = (decision: 'trust' | 'refuse') =>
    overviewAnswers(gateway, {} as Signers, () => []).trustSource({
      params: { id: 'press' },
      body: { fingerprint: FINGERPRINT, decision },
      caller: { name: 'Ada', role: 'installer', via: 'session' },
      signal: new AbortController().signal,
    })
  return { recorded, decide }
}

test.each(['trust', 'refuse'] as const)(
  'to %s a certificate is recorded with who decided, in which role',
  async (decision) => {
    const { recorded, decide } = deciding(async () => undefined)
    expect(await decide(decision)).toEqual({ state: 'live' })
    const fingerprint = new Uint8Array(32).fill(0xab)
    const body = { source: 'press', fingerprint, decision, name: 'Ada', personRole: 'installer' }
    expect(recorded).toEqual([['source.decided', body]])
  },
)

test('a decision that acquisition refuses is not recorded', async () => {
  const { recorded, decide } = deciding(() => Promise.reject(new Error('another fingerprint')))
  await expect(decide('trust')).rejects.toThrow('another fingerprint')
  expect(recorded).toEqual([])
})
