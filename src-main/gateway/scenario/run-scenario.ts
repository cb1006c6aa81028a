/**
 * Runs a pack's scenario the whole way: what is planted is recorded on a ledger of its own, a certificate is issued for every asset and
 * checked as a stranger would check it, and what the certificates say is held against what was planted.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { loadEngine } from '../../documents/engine.ts'
import { createPackHost } from '../../packs/host.ts'
import { speltFindings } from '../../packs/scenario.ts'
import type { PackScenario, Planted, PlantedAsset } from '../../packs/scenario.ts'
import { parseVerdict } from '../../packs/verdict.ts'
import { defaultParameters } from '../../packs/manifest.ts'
import { canonicalJson } from '../../wire/json.ts'
import type { JsonValue } from '../../wire/json.ts'
import { policyOf } from '../agreement/policy.ts'
import { GatewayError } from '../error.ts'
import { Certificates } from '../evidence/certificates.ts'
import { shippedPacks } from '../folder/shipped-packs.ts'
import { Checker } from './checker.ts'
import type { Checked } from './checker.ts'
import { Plant } from './plant.ts'
import type { PlantOptions } from './plant.ts'
import { recordEvidence } from './record-evidence.ts'
import type { Progress } from './record-evidence.ts'

const DAY_US = 86_400_000_000

export interface ScenarioOptions extends Pick<PlantOptions, 'freePort' | 'log'> {
  /** Id of the pack. */
  pack: string
  scenario: PackScenario
  /** Empty folder for the gateways. */
  data: string
  onProgress: Progress
}

export interface ScenarioRow {
  asset: string
  /** What was planted, in a few words. */
  name: string
  planted: { verdict: string; findings: string[] }
  found: { verdict: string; findings: string[] }
  same: boolean
  /** What was checked: a certificate over the ledger, or the rule alone where there is no other way. */
  way: 'certificate' | 'rule alone'
  /** Why the ledger comes to something else than the rule alone would, or there is no way over it. */
  why: string | null
}

/** Rows in the order of the assets. Throws GatewayError `not_recorded` where the ledger does not take what the scenario says. */
export async function runScenario(options: ScenarioOptions, assets: readonly PlantedAsset[]): Promise<ScenarioRow[]> {
  const alone = assets.filter(({ onLedger }) => onLedger?.isRuleAlone === true)
  const rows = new Map<PlantedAsset, ScenarioRow>()
  for (const [at, group] of byParameters(assets.filter((one) => !alone.includes(one))).entries()) {
    const folder = at === 0 ? options.data : join(options.data, `parameters-${at + 1}`)
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    for (const [asset, row] of await overLedger({ ...options, data: folder }, group)) rows.set(asset, row)
  }
  for (const asset of alone) rows.set(asset, rowOf(asset, await ruleAlone(options.pack, asset)))
  return assets.map((asset) => rows.get(asset) as ScenarioRow)
}

/** A channel has one set of a pack's parameters. */
function byParameters(assets: readonly PlantedAsset[]): PlantedAsset[][] {
  const groups = Map.groupBy(assets, ({ evidence }) => canonicalJson(evidence.parameters ?? {}))
  return [...groups.values()]
}

async function overLedger(
  options: ScenarioOptions,
  assets: readonly PlantedAsset[],
): Promise<[PlantedAsset, ScenarioRow][]> {
  const { pack, scenario, onProgress } = options
  const plant = await Plant.found({
    ...options,
    roles: rolesOf(assets),
    parameters: { [pack]: assets[0]?.evidence.parameters ?? {} },
    foundedUs: foundedUs(assets),
  })
  try {
    await recordEvidence(plant, pack, assets, { stepUs: scenario.stepUs, onProgress })
    await plant.agreed()
    return await certified(plant, assets, options)
  } finally {
    await plant.stop()
  }
}

function rolesOf(assets: readonly PlantedAsset[]): Map<string, Set<string>> {
  const roles = new Map<string, Set<string>>()
  for (const { evidence } of assets)
    for (const { actor, role } of evidence.events) roles.set(actor, (roles.get(actor) ?? new Set()).add(role))
  return roles
}

/** A day before anything is said or read. */
function foundedUs(assets: readonly PlantedAsset[]): number {
  const first = assets.flatMap(({ evidence: { events, period, streams } }) => [
    period.fromUs,
    ...events.map(({ atUs }) => atUs),
    ...streams.flatMap(({ readings }) => readings[0]?.timeUs ?? []),
  ])
  return first.reduce((a, b) => Math.min(a, b)) - DAY_US
}

/** By the first gateway; each file is checked as `plumbline verify` does, with nothing but the channel's policy. */
async function certified(
  plant: Plant,
  assets: readonly PlantedAsset[],
  { onProgress }: ScenarioOptions,
): Promise<[PlantedAsset, ScenarioRow][]> {
  const certificates = await Certificates.open(plant.first)
  const policy = policyOf(plant.first.reader)
  const checker = new Checker()
  try {
    const found: Promise<Planted>[] = []
    for (const [at, asset] of assets.entries()) {
      onProgress('certified', at + 1, assets.length)
      const checked = checker.check(await issued(certificates, plant, asset), policy)
      const one = checked.then(foundIn)
      // It is heard of at the end, and must not end the process before.
      one.catch(() => {})
      found.push(one)
    }
    const all = await Promise.all(found)
    return assets.map((asset, at) => [asset, rowOf(asset, all[at] as Planted)])
  } finally {
    await checker.close()
  }
}

/** Bytes of the file that the first gateway issues, in the name of its person. */
async function issued(certificates: Certificates, plant: Plant, { evidence }: PlantedAsset): Promise<Uint8Array> {
  const period = { asset: evidence.asset.id, ...evidence.period }
  const gaps = evidence.streams.some((one) => one.gaps.length > 0) ? certificates.preview(period).gaps : []
  const acknowledgedGaps = gaps.map(({ id }) => ({ id, reason: 'planted' }))
  const [signer = null] = [...plant.people.values()].filter(({ channel }) => channel === plant.first)
  const { id } = await certificates.issue({ ...period, language: 'en', acknowledgedGaps }, signer?.name ?? '', signer)
  const file = await certificates.file(id, 'plumb')
  if (file === null) throw new TypeError(`certificate ${id} was issued and is not there`)
  return file.bytes
}

/** Throws GatewayError `certificate_damaged` for one that does not hold. */
function foundIn({ verdict: check, subject, headline }: Checked): Planted {
  if (check !== 'unchanged' || subject === null)
    throw new GatewayError('certificate_damaged', `a certificate does not hold: ${headline}`, 'Please report this.')
  const { verdict, reasons } = subject as unknown as { verdict: string; reasons: Planted['findings'] }
  return { verdict, findings: reasons }
}

async function ruleAlone(id: string, { evidence }: PlantedAsset): Promise<Planted> {
  const pack = shippedPacks().find(({ manifest }) => manifest.id === id)
  if (pack === undefined) throw new TypeError(`no pack ${id} is shipped`)
  const host = await createPackHost(loadEngine())
  const parameters = { ...defaultParameters(pack.manifest), ...evidence.parameters }
  const input = { ...evidence, parameters } as unknown as JsonValue
  const { verdict, reasons } = parseVerdict(host.run(pack.files.rule, 'judge', input))
  return { verdict, findings: reasons }
}

function rowOf(asset: PlantedAsset, found: Planted): ScenarioRow {
  const { name, evidence, onLedger } = asset
  const planted = {
    verdict: onLedger?.verdict ?? asset.verdict,
    findings: speltFindings(onLedger?.findings ?? asset.findings),
  }
  const spelt = { verdict: found.verdict, findings: speltFindings(found.findings) }
  return {
    asset: evidence.asset.id,
    name,
    planted,
    found: spelt,
    same: JSON.stringify(planted) === JSON.stringify(spelt),
    way: onLedger?.isRuleAlone === true ? 'rule alone' : 'certificate',
    why: onLedger?.why ?? null,
  }
}
