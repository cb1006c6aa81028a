import { beforeAll, describe, expect, test } from 'vitest'
import { checkCheckpoint, OPERATOR_ALONE } from '../../../src-main/certificates/agreement.ts'
import { wordAgreement } from '../../../src-main/certificates/agreement-words.ts'
import { checkText } from '../../../src-main/cli/verify.ts'
import { checkFile } from '../../../src-main/gateway/evidence/check-file.ts'
import { readEvidence } from '../../../src-main/certificates/evidence.ts'
import type { Verification } from '../../../src-main/certificates/verification.ts'
import { wordCheck } from '../../../src-main/certificates/check-words.ts'
import { verifyCertificate } from '../../../src-main/certificates/verify.ts'
import { VERDICT_NOT_COMPUTED } from '../../../src-main/certificates/wording.ts'
import type { PackHost } from '../../../src-main/packs/host.ts'
import { formatVerifierKey } from '../../../src-main/proof/note.ts'
import { issue, issueOpen, makeVehicle, materialOf } from './vehicle.ts'
import type { Vehicle } from './vehicle.ts'

let vehicle: Vehicle
let file: Uint8Array
beforeAll(async () => {
  vehicle = await makeVehicle({ days: 4 })
  file = issue(vehicle)
})

const under = (policies: string[], bytes = file): Promise<Verification> =>
  verifyCertificate(bytes, { policies, engine: vehicle.host })
const answer = ({ verdict, missing }: Verification) => [verdict, ...missing.map((one) => one.code)]

/** Lines of a policy, those of the given kind left out or replaced. */
const bend = (policy: string, change: (line: string, at: number) => string | null): string =>
  policy
    .split('\n')
    .map(change)
    .filter((line) => line !== null)
    .join('\n')

describe('a policy of one channel', () => {
  test('never vouches for another, though one of its lines names the other’s log', async () => {
    const mallory = await makeVehicle({ called: [{ name: 'mallory', legalName: 'Mallory Ltd' }], days: 1 })
    const { origin } = vehicle.channel.reader
    const own = mallory.channel.policy().split('\n')[0]!
    const other = `log ${formatVerifierKey(origin, 1, vehicle.channel.members[0]!.keys.checkpoint.public)}`
    for (const lines of [
      [own, other],
      [other, own],
    ]) {
      await expect(under([`${lines.join('\n')}\nquorum none\n`])).rejects.toMatchObject({ code: 'malformed_policy' })
    }
    expect(answer(await under([`${own}\nquorum none\n`]))).toEqual(['cannot-tell', 'policy_other'])
    const one = vehicle.channel
      .policy()
      .split('\n')
      .find((line) => line.startsWith('witness '))!
    expect(answer(await under([`${other}\n${one}\nquorum ${one.split(' ')[1]}\n`]))).toEqual(['unchanged'])
  })
})

describe('a policy that asks for nobody', () => {
  test('cannot tell: one log key could have made it all up', async () => {
    const log = vehicle.channel.policy().split('\n')[0]!
    const result = await under([`${log}\nquorum none\n`])
    expect(answer(result)).toEqual(['cannot-tell', 'policy_asks_nobody'])
    expect(result.headline).toBe('Cannot tell: the pinned trust policy asks for nobody.')
    expect(wordCheck(result, 'de').headline).toContain('verlangt niemanden')
    expect(answer(await under([`${log}\nquorum none\n`, vehicle.channel.policy()]))).toEqual(['unchanged'])
  })
})

describe('several policies of one channel', () => {
  /** The founder signs the checkpoints here; an older policy may not list its key yet. */
  const lacksTheKey = (): string => bend(vehicle.channel.policy(), (line, at) => (at === 0 ? null : line))
  const asksForMore = (): string => vehicle.channel.policy().replace('gateways-quorum 2 ', 'gateways-quorum 3 ')

  test('vouch when one of them does, in whatever order they are pinned', async () => {
    const good = vehicle.channel.policy()
    for (const other of [lacksTheKey(), asksForMore()]) {
      expect(answer(await under([good, other]))).toEqual(['unchanged'])
      expect(answer(await under([other, good]))).toEqual(['unchanged'])
    }
  })

  test('cannot tell when no log key that they list signed, and ask for another policy of the channel', async () => {
    const result = await under([lacksTheKey()])
    expect(answer(result)).toEqual(['cannot-tell', 'not_vouched'])
    expect(result.steps[2]).toMatchObject({ id: 'checkpoints', state: 'waits' })
    expect(result.explanation).toContain('none of them signed this checkpoint')
    expect(result.agreement).toBeNull()
    expect(answer(await under([lacksTheKey(), `${lacksTheKey()}\n`]))).toEqual(['cannot-tell', 'not_vouched'])
  })

  test('call the file changed when a key that one of them lists signed something else', () => {
    const checkpoint = vehicle.channel.checkpoint()
    const text = new TextDecoder().decode(file)
    const [first] = /^— \S+ \S+$/m.exec(checkpoint)!
    const spoiled = text.replace(JSON.stringify(first).slice(1, -1), JSON.stringify(spoil(first)).slice(1, -1))
    expect(spoiled).not.toBe(text)
    const material = readEvidence(JSON.parse(spoiled).evidence)
    expect(() => checkCheckpoint(material, [vehicle.channel.policy()])).toThrow(/does not fit the note/)
    expect(() => checkCheckpoint(material, [vehicle.channel.policy(), lacksTheKey()])).toThrow(/does not fit the note/)
    expect(() => checkCheckpoint(material, [lacksTheKey(), vehicle.channel.policy()])).toThrow(/does not fit the note/)
    expect(checkCheckpoint(material, [lacksTheKey()]).waitsFor?.code).toBe('not_vouched')
  })
})

describe('a rule for which nobody vouches yet', () => {
  /** A host that tells whether a pack was run. */
  const watched = () => {
    const runs: string[] = []
    const run: PackHost['run'] = (source, fn, input) => {
      runs.push(fn)
      return vehicle.host.run(source, fn, input)
    }
    return { runs, engine: { engineHash: vehicle.host.engineHash, run } }
  }

  test('is not run: without a policy, under another channel’s, and while cosigners are missing', async () => {
    const other = (await makeVehicle({ called: [{ name: 'x', legalName: 'X' }], days: 1 })).channel.policy()
    const alone = issueOpen(vehicle, { ...materialOf(vehicle), checkpoint: vehicle.channel.checkpoint(1) })
    for (const [bytes, policies] of [
      [file, []],
      [file, [other]],
      [alone, [vehicle.channel.policy()]],
    ] as const) {
      const { runs, engine } = watched()
      const result = await verifyCertificate(bytes, { policies, engine })
      expect([result.verdict, runs]).toEqual(['cannot-tell', []])
      expect(result.steps[7]).toMatchObject({
        state: 'not-run',
        detail: expect.stringMatching(/^not run: (nobody vouches for this channel yet|cosignatures are missing)$/),
      })
      expect(result.steps.slice(3).every((step) => step.state === 'not-run')).toBe(true)
      expect(result.notProven).toContain(VERDICT_NOT_COMPUTED)
    }
  })

  test('is run once somebody does', async () => {
    const { runs, engine } = watched()
    const result = await verifyCertificate(file, { policies: [vehicle.channel.policy()], engine })
    expect([result.verdict, runs]).toEqual(['unchanged', ['judge']])
    expect(result.notProven).not.toContain(VERDICT_NOT_COMPUTED)
  })
})

describe('by whom', () => {
  test('names each cosigner with its owner and its time, and counts independent members', async () => {
    const { agreement } = await under([vehicle.channel.policy()])
    const worded = wordAgreement(agreement!, 'en')
    expect(worded.summary).toBe(
      'Cosigned by 3 gateways of 3 independent members and 0 outside witnesses; the pinned policy asks for 2 of 3.',
    )
    expect(worded.cosigners.map(({ name }) => name)).toEqual([
      'hall (hall GmbH)',
      'energy (energy GmbH)',
      'vehicle (vehicle GmbH)',
    ])
    expect(worded.cosigners[0]!.time).toBe('5 January 2025, 05:59:52 UTC')
    expect(worded.remarks).toEqual([])
    expect(wordAgreement(agreement!, 'de').summary).toMatch(/^Mitgezeichnet von 3 Gateways von 3 unabhängigen/)
  })

  test('says of one owner’s gateways that the operator alone could have rewritten this', async () => {
    const called = ['a', 'b', 'c'].map((name) => ({ name, legalName: 'One Owner GmbH' }))
    const owned = await makeVehicle({ called, days: 4 })
    const result = await checkFile(issue(owned), [owned.channel.policy()])
    const { summary, remarks } = wordAgreement(result.agreement!, 'en')
    expect(summary).toContain('3 gateways of 1 independent member')
    expect(remarks).toEqual([OPERATOR_ALONE])
    const printed = checkText('a.plumb', result)
    expect(printed).toContain('\nBy whom:\n  Cosigned by 3 gateways of 1 independent member and 0 outside witnesses;')
    expect(printed).toContain('\n  a (One Owner GmbH), 5 January 2025, ')
    expect(printed.split(OPERATOR_ALONE)).toHaveLength(2)
  })

  test('is not printed of a changed file, nor without a policy', async () => {
    const changed = await checkFile(file.with(99, file[99]! ^ 1), [vehicle.channel.policy()])
    for (const result of [changed, await checkFile(file, [])])
      expect(checkText('a.plumb', result)).not.toContain('By whom')
  })
})

/** Another signature by the same key: one byte of it changed. */
function spoil(line: string): string {
  const at = line.lastIndexOf(' ') + 1
  const bytes = Buffer.from(line.slice(at), 'base64')
  bytes[10] = bytes[10]! ^ 1
  return line.slice(0, at) + bytes.toString('base64')
}
