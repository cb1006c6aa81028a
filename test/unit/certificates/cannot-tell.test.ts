/** What a verifier cannot tell yet, and what it would take. */
import { beforeAll, describe, expect, test } from 'vitest'
import { policyFingerprint } from '../../../src-main/certificates/fingerprint.ts'
import type { Verification } from '../../../src-main/certificates/verification.ts'
import { verifyCertificate } from '../../../src-main/certificates/verify.ts'
import { closeState, dayUs, drive, issue, issueOpen, makeVehicle, materialOf, silence } from './vehicle.ts'
import type { Vehicle } from './vehicle.ts'

let vehicle: Vehicle
let file: Uint8Array
beforeAll(async () => {
  vehicle = await makeVehicle()
  file = issue(vehicle)
})

const check = (bytes: Uint8Array, policy: string | undefined = vehicle.channel.policy()): Promise<Verification> =>
  verifyCertificate(bytes, { policy, engine: vehicle.host })
const states = (result: Verification): string => result.steps.map((step) => step.state).join(' ')
const calledAs = (name: string, legalName: string) => ({ name, legalName })

describe('nobody can tell yet', () => {
  test('without a pinned policy: the fingerprint to compare and the command that pins it', async () => {
    const result = await verifyCertificate(file, { engine: vehicle.host })
    expect(result.verdict).toBe('cannot-tell')
    expect(states(result)).toBe('holds holds waits not-run not-run not-run not-run not-run')
    expect(result.missing.map((one) => one.code)).toEqual(['policy_unknown'])
    expect(result.headline).toBe('Cannot tell yet: is this channel known to you?')
    expect(result.explanation).toContain('plumbline trust pin')
    expect(result.policy!.fingerprint).toBe(policyFingerprint(vehicle.channel.policy()))
    expect(result.policy!.fingerprint).toMatch(/^([0-9A-F]{4} ){15}[0-9A-F]{4}$/)
  })

  test('under the policy of another channel', async () => {
    const other = await makeVehicle({ called: [calledAs('x', 'X')], days: 1 })
    const result = await check(file, other.channel.policy())
    expect([result.verdict, result.missing[0]!.code]).toEqual(['cannot-tell', 'policy_other'])
  })

  test('of a stranger’s file that agrees with itself', async () => {
    const stranger = await makeVehicle({ called: [calledAs('forger', 'Trusted Motors AG')], days: 3 })
    const forged = issue(stranger)
    expect((await verifyCertificate(forged, { engine: vehicle.host })).verdict).toBe('cannot-tell')
    expect((await check(forged)).missing.map((one) => one.code)).toEqual(['policy_other'])
    expect((await verifyCertificate(forged, { policy: stranger.channel.policy(), engine: vehicle.host })).verdict).toBe(
      'unchanged',
    )
  })

  test('with several policies pinned, the channel’s own is found', async () => {
    const other = await makeVehicle({ called: [calledAs('x', 'X')], days: 1 })
    const policies = [other.channel.policy(), vehicle.channel.policy()]
    expect((await verifyCertificate(file, { policies, engine: vehicle.host })).verdict).toBe('unchanged')
  })

  test('when fewer gateways cosigned than the pinned policy asks for', async () => {
    const alone = { ...materialOf(vehicle), checkpoint: vehicle.channel.checkpoint(1) }
    const result = await check(issueOpen(vehicle, alone))
    expect([result.verdict, result.missing[0]!.code]).toEqual(['cannot-tell', 'cosigners_missing'])
    expect(result.explanation).toMatch(/1 \(hall\), the pinned policy asks for 2 of 3/)
  })

  test('when a stream may still deliver readings of the period: a newer seal is missing', async () => {
    const early = materialOf(vehicle, { newer: vehicle.seals.at(-3)! })
    expect(() => issue(vehicle, early)).toThrow(/would wait for a newer seal/)
    const result = await check(issueOpen(vehicle, early))
    expect([result.verdict, result.missing[0]!.code]).toEqual(['cannot-tell', 'period_open'])
    expect(result.steps[5]).toMatchObject({ id: 'histories', state: 'waits' })
  })

  test('a signed gap up to the end of the period completes the stream', async () => {
    const silent = await makeVehicle()
    const { channel, cluster, vin } = silent
    channel.nowUs = dayUs(20)
    drive(
      silent,
      [],
      [cluster, vin].map((stream) => ({ ...silence(stream, 12, 11, 20), reason: 'ignition off' })),
    )
    closeState(silent)
    const result = await verifyCertificate(issue(silent, materialOf(silent, { toUs: dayUs(20) })), {
      policy: channel.policy(),
      engine: silent.host,
    })
    expect(result.verdict).toBe('unchanged')
    const stream = (result.claims!.subject['streams'] as { gaps: object[]; coverage: number }[])[0]!
    expect(stream.gaps).toEqual([{ fromUs: dayUs(11), toUs: dayUs(20), readings: 0, reason: 'ignition off' }])
    expect(stream.coverage).toBe(55_000)
  })

  test('with another engine than the pack was activated for', async () => {
    const engine = { engineHash: new Uint8Array(32), run: vehicle.host.run.bind(vehicle.host) }
    const result = await verifyCertificate(file, { policy: vehicle.channel.policy(), engine })
    expect([result.verdict, result.missing[0]!.code]).toEqual(['cannot-tell', 'engine_unknown'])
    const broken = await verifyCertificate(file, { policy: vehicle.channel.policy(), engine: new Uint8Array(9) })
    expect([broken.verdict, broken.missing[0]!.code]).toEqual(['cannot-tell', 'engine_broken'])
  })
})

test('a pinned text that is no policy is the verifier’s mistake, not the file’s', async () => {
  await expect(check(file, 'witness me')).rejects.toMatchObject({ code: 'malformed_policy' })
})
