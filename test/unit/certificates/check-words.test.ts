import { beforeAll, describe, expect, test } from 'vitest'
import { wordCheck } from '../../../src-main/certificates/check-words.ts'
import { verifyCertificate } from '../../../src-main/certificates/verify.ts'
import { withholding } from './told-less.ts'
import { issue, issueOpen, makeVehicle, materialOf } from './vehicle.ts'
import type { Vehicle } from './vehicle.ts'

let vehicle: Vehicle
beforeAll(async () => {
  vehicle = await makeVehicle({ days: 4 })
})

const german = async (bytes: Uint8Array, policies: string[]) => {
  const check = await verifyCertificate(bytes, { policies, engine: vehicle.host })
  const { steps, ...worded } = wordCheck(check, 'de')
  return { ...worded, details: Object.fromEntries(check.steps.map((step, at) => [step.id, steps[at]!.detail])) }
}

describe('a check in German', () => {
  test('says that cosigners are missing, not that no policy is pinned', async () => {
    const alone = issueOpen(vehicle, { ...materialOf(vehicle), checkpoint: vehicle.channel.checkpoint(1) })
    const said = await german(alone, [vehicle.channel.policy()])
    expect(said.details['checkpoints']).toBe(
      'wartet: Mitzeichnungen: 1 sind da, die hinterlegte Richtlinie verlangt 2 von 3',
    )
    expect(said.explanation).toBe('Es fehlt: Mitzeichnungen: 1 sind da, die hinterlegte Richtlinie verlangt 2 von 3.')
  })

  test('says that the pinned policy of the channel lists none of the keys that signed', async () => {
    const older = vehicle.channel.policy().replace(/^log .*\n/, '')
    const said = await german(issue(vehicle), [older])
    expect(said.details['checkpoints']).toMatch(/^wartet: das Wort eines Log-Schlüssels/)
    expect(said.explanation).toMatch(/Keiner davon hat diesen Prüfpunkt signiert\.$/)
  })

  test('says that no policy is pinned when none is', async () => {
    const said = await german(issue(vehicle), [])
    expect(said.details['checkpoints']).toBe('wartet: keine hinterlegte Richtlinie sagt, wessen Wort zählt')
  })

  test('counts withheld readings as the English does', async () => {
    const kept = withholding(materialOf(vehicle), ({ sequence }) => sequence === 2)
    const said = await german(issue(vehicle, kept), [vehicle.channel.policy()])
    expect(said.details['histories']).toBe(
      '6 Messwerte aus 2 Strömen und 3 Ereignisse, nichts ausgelassen, 2 Messwerte zurückgehalten',
    )
  })
})
