/** A vehicle's ledger with a steady year, ready to be certified; tests bend one thing each. */
import { buildCertificate, examineMaterial, signCertificate } from '../../../src-main/certificates/build.ts'
import type { CredentialSigner } from '../../../src-main/certificates/credential.ts'
import type { CertificateMaterial } from '../../../src-main/certificates/material.ts'
import type { PackHost } from '../../../src-main/packs/host.ts'
import type { Gap } from '../../../src-main/record/statements.ts'
import { toHex } from '../../../src-main/wire/bytes.ts'
import type { StreamId } from '../../../src-main/wire/ids.ts'
import type { TestMember } from '../../support/channel.ts'
import { DAY_US, RealChannel, signerOf, START_US } from './real-channel.ts'
import type { MaterialInput, RealChannelOptions } from './real-channel.ts'

export const VIN = 'PLBZZZ1KZ00000001'
export const SIGNED_AT = '2026-03-11T13:02:31Z'

export const dayUs = (day: number): number => START_US + day * DAY_US

export interface Vehicle {
  channel: RealChannel
  host: PackHost
  cluster: StreamId
  vin: StreamId
  /** Owns the vehicle and reads it. */
  gateway: TestMember
  signer: CredentialSigner
  /** Heights of the seals, oldest first. */
  seals: number[]
}

export interface VehicleOptions extends RealChannelOptions {
  days?: number
  /** Kilometres at the end of a day. */
  km?: (day: number) => number
  daysPerBatch?: number
  simulated?: boolean
  /** German names, of the asset and of the stream that is judged. */
  german?: { asset: string; label: string }
}

const THREE_OWNERS = ['hall', 'energy', 'vehicle'].map((name) => ({ name, legalName: `${name} GmbH` }))

/** A batch every `daysPerBatch` days, a seal after each, and one more so that the last is proven. */
export async function makeVehicle(options: VehicleOptions = {}): Promise<Vehicle> {
  const { german, simulated = false, days = 12, daysPerBatch = 4, km = (day) => 48_000 + day * 41.5 } = options
  const channel = await RealChannel.found({ called: THREE_OWNERS, ...options })
  const gateway = channel.members.at(-1) as TestMember
  channel.registerAsset(gateway, VIN, {
    simulated,
    packs: options.packs ?? ['odometer'],
    ...(german && { names: { de: german.asset } }),
  })
  const cluster = channel.openStream(gateway, VIN, 'odometer', {
    simulated,
    ...(german && { labels: { de: german.label } }),
  })
  const vin = channel.openStream(gateway, VIN, 'vin', { quantity: 'vin', kind: 'text', unit: '1', simulated })
  const signer = signerOf(channel.members[0] as TestMember)
  const vehicle = { channel, host: channel.host, cluster, vin, gateway, signer, seals: [channel.seal()] }
  for (let day = 0; day < days; day += daysPerBatch) {
    const inBatch = Array.from({ length: Math.min(daysPerBatch, days - day) }, (_, at) => day + at)
    // A little before the next day: the state then is one from before it begins.
    channel.nowUs = dayUs(day + daysPerBatch) - 10_000_000
    drive(
      vehicle,
      inBatch.map((one) => [one, km(one)]),
    )
    vehicle.seals.push(channel.seal())
  }
  vehicle.seals.push(channel.seal())
  return vehicle
}

/** A batch with the odometer at some days, and what the vehicle calls itself then; not before they are over. */
export function drive(vehicle: Vehicle, days: [day: number, km: number][], gaps: Gap[] = []): number {
  const { channel, gateway, cluster, vin } = vehicle
  channel.nowUs = Math.max(channel.nowUs, ...days.map(([day]) => dayUs(day)))
  const rows = [
    { stream: cluster, readings: days.map(([day, km]) => odometer(day, km)) },
    { stream: vin, readings: days.map(([day]) => named(day)) },
  ]
  return channel.batch(gateway, days.length === 0 ? [] : rows, gaps)
}

export const odometer = (day: number, value: number) => ({
  timeUs: dayUs(day),
  value: { kind: 'float' as const, value },
})

export const named = (day: number) => ({ timeUs: dayUs(day), value: { kind: 'text' as const, value: VIN } })

/** A gap that lost nothing. */
export function silence(stream: StreamId, sequence: number, from: number, to: number): Gap {
  return {
    stream,
    fromSequence: sequence,
    toSequence: sequence - 1,
    fromTimeUs: dayUs(from),
    toTimeUs: dayUs(to),
    reason: 'cable cut',
  }
}

/** Seals twice: the second proves the state that the first closed. */
export function closeState({ channel }: Vehicle): number {
  channel.seal()
  return channel.seal()
}

/** Garage and fleet say that the instrument was replaced on day 5, at the newest time: it began at 0 again. */
export function declareReplaced({ channel, gateway }: Vehicle): Record<'declared' | 'confirmed', number> & {
  fleet: TestMember
} {
  const [garage, fleet] = channel.members as [TestMember, TestMember]
  for (const { actor: party } of [garage, fleet]) channel.say(gateway, 'asset.bound', { asset: VIN, party })
  const body = { beforeKm: 48_200, afterKm: 0, atUs: dayUs(5.5) }
  const statement = channel.packEvent(garage, 'odometer.replaced', body, VIN)
  const declared = channel.take(statement)
  const declares = toHex(statement.statementHash)
  const confirmed = channel.take(channel.packEvent(fleet, 'odometer.confirmed', { declares }, VIN))
  return { declared, confirmed, fleet }
}

/** From the first reading of the odometer to the last one, unless said otherwise. */
export function materialOf({ channel, cluster }: Vehicle, more: Partial<MaterialInput> = {}): CertificateMaterial {
  const times = channel.timesUs.get(cluster) as number[]
  return channel.material({ asset: VIN, fromUs: times[0] as number, toUs: times.at(-1) as number, ...more })
}

export function issue(vehicle: Vehicle, material: CertificateMaterial = materialOf(vehicle)): Uint8Array {
  return buildCertificate(material, { signer: vehicle.signer, host: vehicle.host, nowIso: SIGNED_AT })
}

/** Signs even where steps would wait. */
export function issueOpen(vehicle: Vehicle, material: CertificateMaterial): Uint8Array {
  const { findings } = examineMaterial(material, { ...vehicle, nowIso: SIGNED_AT })
  return signCertificate(findings, { signer: vehicle.signer, nowIso: SIGNED_AT })
}
