/** An asset that several packs judge: a certificate is of one of them, and whoever asks says which. */
import { expect, test } from 'vitest'
import { verifyCertificate } from '../../../src-main/certificates/verify.ts'
import { parseEntry } from '../../../src-main/wire/entry.ts'
import { decodeEvent } from '../../../src-main/record/statements.ts'
import { closeState, issue, makeVehicle, materialOf, VIN } from './vehicle.ts'

test('judges by the pack that was asked for, shows what that one reads, and asks which where nobody said it', async () => {
  const vehicle = await makeVehicle({ days: 4, packs: ['odometer', 'quality'] })
  const { channel, gateway } = vehicle
  channel.take(channel.packEvent(gateway, 'odometer.confirmed', { declares: '00' }, VIN))
  closeState(vehicle)
  expect(() => materialOf(vehicle)).toThrow(/several rule packs judge "PLBZ.*": odometer, quality/)
  expect(() => materialOf(vehicle, { pack: 'qualty' })).toThrow(/"qualty" does not judge.*Did you mean "quality"\?/)
  const shown = (pack: string): { said: string[]; file: Uint8Array } => {
    const material = materialOf(vehicle, { pack })
    const events = material.events.leaves.flatMap((leaf) => (leaf.kind === 'shown' ? [leaf.entry] : []))
    const types = events.map((entry) => decodeEvent(parseEntry(entry).payload).type)
    return { said: types.filter((type) => type.startsWith('odometer.')), file: issue(vehicle, material) }
  }
  for (const [pack, said] of [
    ['odometer', ['odometer.confirmed']],
    ['quality', []],
  ] as const) {
    const made = shown(pack)
    expect(made.said).toEqual(said)
    const checked = await verifyCertificate(made.file, { policy: channel.policy(), engine: vehicle.host })
    expect(checked.verdict).toBe('unchanged')
    expect(checked.claims?.subject['pack']).toMatchObject({ id: pack })
  }
})
