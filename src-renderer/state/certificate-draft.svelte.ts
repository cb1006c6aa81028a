/** A certificate that is being made out: what it is about, what is missing in it, and whether it may be signed. */
import { inLanguage } from '../words/in-language.ts'
import type { Asset, CertificatePreview, CertificateRow } from '../words/model.ts'
import { Loading } from './load.svelte.ts'
import { assets, certificates, issueCertificate, type Period, previewCertificate } from './queries.ts'
import { Signing } from './signing.svelte.ts'

type Gap = CertificatePreview['gaps'][number]

/** Gaps of several streams over the same time and for the same reason: one cause, one acknowledgement. */
export interface GapGroup {
  key: string
  ids: string[]
  labels: string[]
  fromUs: number
  toUs: number
  reason: string
}

export function groupGaps(gaps: readonly Gap[]): GapGroup[] {
  const groups = new Map<string, GapGroup>()
  for (const gap of gaps) {
    const key = `${gap.fromUs}:${gap.toUs}:${gap.reason}`
    const group = groups.get(key) ?? {
      key,
      ids: [],
      labels: [],
      fromUs: gap.fromUs,
      toUs: gap.toUs,
      reason: gap.reason,
    }
    group.ids.push(gap.id)
    if (gap.label !== undefined) group.labels.push(inLanguage(gap.label, gap.labels))
    groups.set(key, group)
  }
  return [...groups.values()].toSorted((a, b) => a.fromUs - b.fromUs)
}

/** One that is to be superseded; the new one is about the same, until somebody says otherwise. */
export interface Replaced {
  number: string
  pack: string
  fromUs: number | null
  toUs: number | null
}

class CertificateDraft {
  readonly assets = new Loading<Asset[]>()
  readonly preview = new Loading<CertificatePreview>()
  assetId = $state('')
  /** Of the packs of the asset the one that judges. */
  pack = $state('')
  replaced = $state.raw<Replaced | null>(null)
  fromUs = $state<number | null>(null)
  toUs = $state<number | null>(null)
  language = $state<'en' | 'de'>('en')
  /** By the group's key; a reason stays when its box is cleared again. */
  reasons = $state.raw<ReadonlyMap<string, string>>(new Map())
  acknowledged = $state.raw<ReadonlySet<string>>(new Set())
  readonly signing = new Signing()
  issued = $state.raw<{ id: string; asset: string; fileName: string; verdict: string; pack: string } | null>(null)

  readonly asset = $derived(this.assets.value?.find((asset) => asset.id === this.assetId) ?? null)
  readonly groups = $derived(groupGaps(this.preview.value?.gaps ?? []))
  readonly open = $derived(this.groups.filter((group) => !this.isAcknowledged(group)))

  isAcknowledged(group: GapGroup): boolean {
    return this.acknowledged.has(group.key) && this.reasons.has(group.key)
  }

  /** Assets once; the first with readings is taken when none is picked. */
  async start(picked: string | undefined, language: 'en' | 'de', replaced: Replaced | null = null): Promise<void> {
    if (this.assetId === '') this.language = language
    const found = await this.assets.run(assets)
    if (!found) return
    const wanted = picked ?? this.assetId
    const asset = found.find((one) => one.id === wanted) ?? found.find((one) => one.firstUs !== null) ?? found[0]
    if (asset && (asset.id !== this.assetId || replaced?.number !== this.replaced?.number))
      this.pick(asset.id, asset.id === picked ? replaced : null)
    else if (!this.preview.value) this.look()
  }

  pick(assetId: string, replaced: Replaced | null = null): void {
    this.assetId = assetId
    this.replaced = replaced
    const packs = this.asset?.packs ?? []
    this.pack = packs.find((pack) => pack === replaced?.pack) ?? packs[0] ?? ''
    this.fromUs = replaced?.fromUs ?? this.asset?.firstUs ?? null
    this.toUs = replaced?.toUs ?? this.asset?.lastUs ?? null
    this.reasons = new Map()
    this.acknowledged = new Set()
    this.preview.clear()
    this.look()
  }

  judgeBy(pack: string): void {
    this.pack = pack
    this.look()
  }

  setPeriod(fromUs: number | null, toUs: number | null): void {
    this.fromUs = fromUs
    this.toUs = toUs
    this.look()
  }

  look(): void {
    this.issued = null
    this.signing.complaint = ''
    const period = this.#period()
    if (period === null) this.preview.clear()
    else void this.#ask(period)
  }

  /** Null while it is none. */
  #period(): Period | null {
    const { assetId: asset, fromUs, toUs, pack } = this
    if (asset === '' || fromUs === null || toUs === null || toUs <= fromUs) return null
    // An asset without a pack is refused with words of its own.
    return { asset, ...(pack !== '' && { pack }), fromUs, toUs }
  }

  async #ask(period: Period): Promise<void> {
    const about = `${period.fromUs} ${period.toUs} ${period.pack ?? ''} ${period.asset}`
    await this.preview.run((signal) => previewCertificate(period, signal), about)
  }

  acknowledge(keys: readonly string[], reason: string): void {
    this.reasons = new Map([...this.reasons, ...keys.map((key) => [key, reason] as const)])
    this.acknowledged = new Set([...this.acknowledged, ...keys])
  }

  setAcknowledged(key: string, on: boolean): void {
    const next = new Set(this.acknowledged)
    if (on) next.add(key)
    else next.delete(key)
    this.acknowledged = next
  }

  async sign(): Promise<void> {
    const period = this.#period()
    const preview = this.preview.value
    if (period === null || preview === null) return
    const gaps = this.groups.flatMap((group) =>
      group.ids.map((id) => ({ id, reason: this.reasons.get(group.key) ?? '' })),
    )
    const supersedes = this.replaced === null ? {} : { supersedes: this.replaced.number }
    const issued = await this.signing.tried((as) =>
      issueCertificate(period, this.language, gaps, { ...as, ...supersedes }),
    )
    if (issued !== null) {
      this.replaced = null
      this.issued = { ...issued, asset: period.asset, pack: preview.pack.id }
      void register.run(certificates)
    } else if (!this.signing.asks) {
      // What could not be signed may have changed since it was shown.
      void this.#ask(period)
    }
  }
}

export const draft = new CertificateDraft()

/** The register, shared by its tab's count and its table. */
export const register = new Loading<CertificateRow[]>()

export const loadRegister = (): void => void register.run(certificates)
