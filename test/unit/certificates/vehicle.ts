/** A vehicle's channel with a steady year, ready to be certified; tests bend one thing each. */
import { ed25519 } from '@noble/curves/ed25519.js'
import { buildCertificate, examineMaterial, signCertificate } from '../../../src-main/certificates/build.ts'
import type { CredentialSigner } from '../../../src-main/certificates/credential.ts'
import type { CertificateMaterial } from '../../../src-main/certificates/material.ts'
import { loadEngine } from '../../../src-main/documents/engine.ts'
import { createPackHost } from '../../../src-main/packs/host.ts'
import type { PackHost } from '../../../src-main/packs/host.ts'
import { shippedPacks } from '../../../src-main/packs/shipped.ts'
import type { StreamId } from '../../../src-main/wire/ids.ts'
import { DAY_US, gatewayOf, SmallChannel, START_US } from './small-channel.ts'
import type { ChannelOptions, Gateway } from './small-channel.ts'
import { materialFrom } from './small-material.ts'
import type { MaterialInput } from './small-material.ts'

export const VIN = 'PLBZZZ1KZ00000001'
export const SIGNED_AT = '2026-03-11T13:02:31Z'

export interface Vehicle {
  channel: SmallChannel
  host: PackHost
  pack: { id: string; source: string }
  cluster: StreamId
  vin: StreamId
  gateway: Gateway
  signer: CredentialSigner
  /** Positions of the seals, oldest first. */
  seals: number[]
}

export function signerOf(gateway: Gateway): CredentialSigner {
  const { secret, public: publicKey } = gateway.keys.credential
  return { publicKey, sign: (bytes) => ed25519.sign(bytes, secret) }
}

export interface VehicleOptions extends Partial<ChannelOptions> {
  days?: number
  /** Kilometres at the end of a day. */
  km?: (day: number) => number
  daysPerBatch?: number
  simulated?: boolean
  /** German names, of the asset and of the stream that is judged. */
  german?: { asset: string; label: string }
}

/** A batch every `daysPerBatch` days, a seal after each, and one more so that the last is proven. */
export async function makeVehicle(options: VehicleOptions = {}): Promise<Vehicle> {
  const host = await createPackHost(loadEngine())
  const shipped = shippedPacks().find((one) => one.id === 'odometer')!
  const { version, hash, parameters } = shipped
  const gateways = options.gateways ?? ['hall', 'energy', 'vehicle'].map((name) => gatewayOf(name, `${name} GmbH`))
  const channel = new SmallChannel({
    gateways,
    packs: [{ id: 'odometer', version, hash, engineHash: host.engineHash, parameters }],
    ...(options.roles && { roles: options.roles }),
    ...(options.quorum && { quorum: options.quorum }),
    ...(options.continues && { continues: options.continues }),
  })
  const gateway = gateways.at(-1)!
  const { german } = options
  channel.registerAsset(VIN, {
    simulated: options.simulated ?? false,
    ...(german && { names: { de: german.asset } }),
  })
  const mark = { simulated: options.simulated ?? false }
  const cluster = channel.openStream(gateway, VIN, 'odometer', {
    ...mark,
    ...(german && { labels: { de: german.label } }),
  })
  const vin = channel.openStream(gateway, VIN, 'vin', { quantity: 'vin', kind: 'text', unit: '1', ...mark })
  const seals: number[] = [channel.seal()]
  const days = options.days ?? 12
  const step = options.daysPerBatch ?? 4
  const km = options.km ?? ((day: number) => 48_000 + day * 41.5)
  for (let day = 0; day < days; day += step) {
    const inBatch = Array.from({ length: Math.min(step, days - day) }, (_, at) => day + at)
    channel.nowUs = START_US + (day + step) * DAY_US
    channel.batch(gateway, [
      {
        stream: cluster,
        readings: inBatch.map((one) => ({ timeUs: START_US + one * DAY_US, value: { kind: 'float', value: km(one) } })),
      },
      {
        stream: vin,
        readings: inBatch.map((one) => ({ timeUs: START_US + one * DAY_US, value: { kind: 'text', value: VIN } })),
      },
    ])
    seals.push(channel.seal())
  }
  seals.push(channel.seal())
  const pack = { id: shipped.id, source: shipped.source }
  return { channel, host, pack, cluster, vin, gateway, signer: signerOf(gateways[0]!), seals }
}

/** The whole life of the vehicle, or from the seal `older` on. */
export function materialOf(vehicle: Vehicle, more: Partial<MaterialInput> = {}): CertificateMaterial {
  const leaves = vehicle.channel.streams.get(vehicle.cluster)!.leaves
  return materialFrom(vehicle.channel, {
    asset: VIN,
    pack: vehicle.pack,
    newer: vehicle.seals.at(-1)!,
    fromUs: leaves[0]!.timeUs,
    toUs: leaves.at(-1)!.timeUs,
    ...more,
  })
}

export function issue(vehicle: Vehicle, material: CertificateMaterial = materialOf(vehicle)): Uint8Array {
  return buildCertificate(material, { signer: vehicle.signer, host: vehicle.host, nowIso: SIGNED_AT })
}

/** Signs even where steps would wait. */
export function issueOpen(vehicle: Vehicle, material: CertificateMaterial): Uint8Array {
  const { findings } = examineMaterial(material, { ...vehicle, nowIso: SIGNED_AT })
  return signCertificate(findings, { signer: vehicle.signer, nowIso: SIGNED_AT })
}
