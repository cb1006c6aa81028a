/** Certificates to print: a vehicle's life with gaps, a simulated one, one that was wound back, one that nobody can judge. */
import { buildCertificate } from '../../../src-main/certificates/build.ts'
import { statedJson, statedOf } from '../../../src-main/certificates/stated.ts'
import type { Stated } from '../../../src-main/certificates/stated.ts'
import { zoneOf } from '../../../src-main/gateway/folder/time-zone.ts'
import type { StreamId } from '../../../src-main/wire/ids.ts'
import type { TestMember } from '../../support/channel.ts'
import { DAY_US, RealChannel, signerOf, START_US } from '../certificates/real-channel.ts'
import { withholding } from '../certificates/told-less.ts'

export const HOUR_US = DAY_US / 24
export const SAMPLE_VIN = 'WPLUMB42TEST00017'
const FROM_US = START_US + 147 * DAY_US

export interface SampleGap {
  day: number
  hours: number
  reason: string
  /** What a person said to it. */
  said?: string
}

export interface SampleOptions {
  days: number
  gaps?: SampleGap[]
  /** Kilometres at an hour of the life. */
  km?: (hour: number) => number
  hoursPerReading?: number
  simulated?: boolean
  owners?: string[]
  /** Days by which the period reaches beyond the readings on both sides. */
  beyond?: number
  vin?: string
  assetName?: string
  label?: string
  /** German ones, beside the main ones. */
  german?: { asset: string; label: string }
  stated?: Partial<Stated>
  withholdFrom?: number
}

const drive = (hour: number): number => 33_179.9 + Math.floor(hour * 21.7 + 60 * Math.sin(hour / 60)) / 10

export const STATED: Stated = {
  number: 'QH-2026-000216',
  language: 'en',
  template: 1,
  zone: zoneOf('Europe/Berlin', FROM_US, FROM_US + 400 * DAY_US),
  issuer: {
    address: 'Am Quellhof 4, 95326 Kulmbach, Germany',
    contact: 'Fleet: K. Pohl, +49 9221 000 144, fleet@quellhof.example',
  },
  releasedBy: 'M. Lindner',
  publicUrl: 'https://quellhof.example/c/QH-2026-000216',
  gaps: [],
}

const NAMES = ['gw-fill-1', 'gw-energy-2', 'gw-cold-3']
const ONE_OWNER = NAMES.map(() => 'Quellhof Getränke GmbH')

/** The bytes of a certificate of such a life. The same options give the same bytes. */
export async function sample(options: SampleOptions): Promise<Uint8Array> {
  const { owners = ONE_OWNER, simulated = false, german, withholdFrom } = options
  const called = owners.map((legalName, at) => ({ name: NAMES[at] as string, legalName }))
  const channel = await RealChannel.found({ called })
  const gateway = channel.members.at(-1) as TestMember
  channel.registerAsset(gateway, SAMPLE_VIN, {
    simulated,
    name: options.assetName ?? 'Test vehicle',
    ...(german && { names: { de: german.asset } }),
    attributes: { Model: 'Van, 2025' },
  })
  const cluster = channel.openStream(gateway, SAMPLE_VIN, 'odometer', {
    label: options.label ?? 'Instrument cluster',
    ...(german && { labels: { de: german.label } }),
    simulated,
  })
  const vin = channel.openStream(gateway, SAMPLE_VIN, 'vin', {
    label: 'Identification',
    quantity: 'vin',
    kind: 'text',
    unit: '1',
    simulated,
  })
  channel.seal()
  const life = new Life(channel, cluster, vin, options)
  for (let day = 0; day < options.days; day += 30) {
    life.record(day, Math.min(options.days, day + 30))
    channel.seal()
  }
  channel.seal()
  const times = channel.timesUs.get(cluster) as number[]
  const beyond = (options.beyond ?? 0) * DAY_US
  const material = channel.material({
    asset: SAMPLE_VIN,
    fromUs: (times[0] as number) - beyond,
    toUs: times.at(-1) as number,
  })
  const told = withholdFrom === undefined ? material : withholding(material, ({ sequence }) => sequence >= withholdFrom)
  const stated = { ...STATED, gaps: life.said, ...options.stated }
  return buildCertificate(
    { ...told, stated: statedJson(statedOf(statedJson(stated))) },
    { signer: signerOf(channel.members[0] as TestMember), host: channel.host, nowIso: '2026-03-12T13:01:50Z' },
  )
}

class Life {
  readonly said: Stated['gaps'] = []
  readonly #channel: RealChannel
  readonly #cluster: StreamId
  readonly #vin: StreamId
  readonly #options: SampleOptions
  #sequence = 0
  #lastUs = 0

  constructor(channel: RealChannel, cluster: StreamId, vin: StreamId, options: SampleOptions) {
    this.#channel = channel
    this.#cluster = cluster
    this.#vin = vin
    this.#options = options
  }

  /** One batch of the days from `day` on. */
  record(day: number, until: number): void {
    const { km = drive, hoursPerReading = 12, gaps = [], vin = SAMPLE_VIN } = this.#options
    const readings = []
    const identities = []
    const signed = []
    for (let hour = day * 24; hour < until * 24; hour += hoursPerReading) {
      const timeUs = FROM_US + hour * HOUR_US + ((hour * 7_919) % 3_000) * 1_000_000
      const inside = gaps.find((gap) => hour > gap.day * 24 && hour < gap.day * 24 + gap.hours)
      if (inside !== undefined) continue
      const ended = gaps.find(
        (gap) =>
          hour >= gap.day * 24 + gap.hours && hour - hoursPerReading < gap.day * 24 + gap.hours && hour > gap.day * 24,
      )
      if (ended !== undefined) {
        const gap = { stream: this.#cluster, fromSequence: this.#sequence, toSequence: this.#sequence - 1 }
        signed.push({ ...gap, fromTimeUs: this.#lastUs, toTimeUs: timeUs, reason: ended.reason })
        if (ended.said !== undefined)
          this.said.push({
            stream: this.#cluster,
            fromUs: this.#lastUs,
            toUs: timeUs,
            reason: ended.said,
            by: 'K. Pohl',
          })
      }
      readings.push({ timeUs, value: { kind: 'float' as const, value: km(hour) } })
      if (hour % 24 === 0 || hour + hoursPerReading >= until * 24)
        identities.push({ timeUs, value: { kind: 'text' as const, value: vin } })
      this.#lastUs = timeUs
      this.#sequence++
    }
    this.#channel.nowUs = FROM_US + until * DAY_US
    const rows = [
      { stream: this.#cluster, readings },
      { stream: this.#vin, readings: identities },
    ]
    this.#channel.batch(
      this.#channel.members.at(-1) as TestMember,
      rows.filter((row) => row.readings.length > 0),
      signed,
    )
  }
}

const GAPS: SampleGap[] = [
  { day: 111, hours: 30, reason: 'the gateway was not recording' },
  {
    day: 210,
    hours: 208,
    reason: '192.0.2.7:4001: connect ECONNREFUSED',
    said: 'battery disconnected in the workshop, moved within the yard',
  },
]

export const SAMPLES: Readonly<Record<string, SampleOptions>> = {
  gaps: { days: 288, gaps: GAPS },
  simulated: {
    days: 20,
    hoursPerReading: 6,
    simulated: true,
    stated: { publicUrl: null, releasedBy: '', issuer: { address: '', contact: '' } },
  },
  fraud: {
    days: 180,
    owners: ['Quellhof Getränke GmbH', 'Spedition Weiß e. K.', 'Prüfhaus AG'],
    km: (hour) => drive(hour) - (hour > 90 * 24 ? 19_500 : 0),
    gaps: [{ day: 120, hours: 48, reason: 'no good frame for 5000 ms', said: 'Kabel getauscht' }],
  },
  unjudged: { days: 60, beyond: 70, gaps: [{ day: 20, hours: 800, reason: 'Werkstatt' }] },
}

/** What the golden pages show: a gap with its reason, a finding, two languages of one certificate. */
export const GOLDEN: SampleOptions = {
  days: 24,
  km: (hour) => drive(hour) - (hour > 400 ? 900 : 0),
  gaps: [{ day: 9, hours: 36, reason: 'readings came faster than they could be recorded', said: 'Ventil getauscht' }],
}
