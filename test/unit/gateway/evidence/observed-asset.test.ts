import { expect, test } from 'vitest'
import { verifyCertificate } from '../../../../src-main/certificates/verify.ts'
import { observedAsset } from './observed-asset.ts'

test('a certificate from a ledger on disk holds everything that was said of its asset, what is no concern of it in a few bytes', async () => {
  const asset = await observedAsset(250)
  const { policy, host: engine } = asset
  const material = asset.material()
  expect(material.events.leaves.filter(({ kind }) => kind === 'closed')).toHaveLength(251)
  expect(material.events.leaves.filter(({ kind }) => kind === 'shown')).toHaveLength(1)
  const file = asset.issue(material)
  const few = asset.issue((await observedAsset(50)).material())
  expect((file.length - few.length) / 200).toBeLessThan(120)
  const held = await verifyCertificate(file, { policy, engine })
  expect(held.verdict).toBe('unchanged')
  expect(held.claims?.subject['events']).toEqual({ shown: 1, closed: 251 })
})

test('of a later period it holds what was said since, and the roots of what was said before; no event can be left out', async () => {
  const asset = await observedAsset(250)
  const later = asset.material('newest')
  expect([later.events.leaves.length, later.events.before.length]).toEqual([0, 6])
  const { policy, host: engine } = asset
  expect((await verifyCertificate(asset.issue(later), { policy, engine })).verdict).toBe('unchanged')
  const material = asset.material()
  const less = { ...material.events, leaves: material.events.leaves.toSpliced(100, 1) }
  expect(() => asset.issue({ ...material, events: less })).toThrow(/251 events .* are enclosed, 252 lie between/)
})
