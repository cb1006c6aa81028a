/** An asset that much is said of, and certificates of it by the way that a gateway goes. */
import { buildCertificate } from '../../../../src-main/certificates/build.ts'
import type { CertificateMaterial } from '../../../../src-main/certificates/material.ts'
import type { PackHost } from '../../../../src-main/packs/host.ts'
import type { TestMember } from '../../../support/channel.ts'
import { RealChannel, signerOf } from '../../certificates/real-channel.ts'
import { ASSET } from '../../ledger/recorded.ts'

/** Events of one pass. */
const PASS = 100
/** Readings before the first observation, and behind the last one. */
const READINGS = 4

export interface ObservedAsset {
  host: PackHost
  policy: string
  /** With everything since the asset began, or since the seal before the last readings. */
  material(since?: 'first' | 'newest'): CertificateMaterial
  issue(material: CertificateMaterial): Uint8Array
}

/** An asset that is seen `observations` times between two batches. */
export async function observedAsset(observations: number): Promise<ObservedAsset> {
  const channel = await RealChannel.found({})
  const [issuer, gateway] = channel.members as [TestMember, TestMember]
  channel.registerAsset(issuer, ASSET)
  const stream = channel.openStream(gateway, ASSET, 'odometer')
  const kilometres = (from: number): void => {
    const readings = Array.from({ length: READINGS }, (_, at) => ({
      timeUs: (channel.nowUs += 1_000),
      value: { kind: 'float' as const, value: from + at },
    }))
    channel.batch(gateway, [{ stream, readings }])
  }
  kilometres(1_000)
  channel.seal()
  for (let seen = 0; seen < observations; seen += PASS) {
    const count = Math.min(PASS, observations - seen)
    const body = { assets: [ASSET], step: 'passing', place: 'Gate 2' }
    channel.take(...Array.from({ length: count }, () => channel.event(gateway, 'asset.observed', body)))
    channel.seal()
  }
  kilometres(1_000 + READINGS)
  // The state that the first of them closes is proven by the second.
  for (let seal = 0; seal < 2; seal++) channel.seal()
  const times = channel.timesUs.get(stream) as number[]
  return {
    host: channel.host,
    policy: channel.policy(),
    material: (since = 'first') =>
      channel.material({
        asset: ASSET,
        fromUs: times[since === 'first' ? 0 : READINGS] as number,
        toUs: times.at(-1) as number,
      }),
    issue: (material) =>
      buildCertificate(material, { signer: signerOf(issuer), host: channel.host, nowIso: '2026-03-11T13:02:31Z' }),
  }
}
