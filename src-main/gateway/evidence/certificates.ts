/** Certificates of this gateway: what one would say, issuing it, and the register of those that were issued. */
import { randomBytes } from 'node:crypto'
import { loadAddon } from '../../../native/addon.ts'
import { examineMaterial, signCertificate } from '../../certificates/build.ts'
import type { Language } from '../../wire/languages.ts'
import { statedJson } from '../../certificates/stated.ts'
import type { Stated } from '../../certificates/stated.ts'
import type { Missing } from '../../certificates/step.ts'
import { subjectOf } from '../../certificates/subject.ts'
import type { Findings } from '../../certificates/subject.ts'
import { TEMPLATE_NEWEST } from '../../certificates/template.ts'
import { loadEngine } from '../../documents/engine.ts'
import { installedFonts } from '../../documents/font-files.ts'
import { renderHtml } from '../../documents/html.ts'
import { renderPdf } from '../../documents/pdf.ts'
import type { Asset, CertificatePreview, CertificateRow } from '../../endpoints/certificate-model.ts'
import { openKeyStore, type KeyStore, type OwnKey } from '../../keys/key-store.ts'
import { createPackHost, type PackHost } from '../../packs/host.ts'
import { parseVerdict, type PackVerdict } from '../../packs/verdict.ts'
import { fromHex, sha256, toHex } from '../../wire/bytes.ts'
import type { JsonValue } from '../../wire/json.ts'
import type { DocumentKind } from '../../certificates/document-kinds.ts'
import { certificateMaterial } from './certificate-material.ts'
import { GatewayError } from '../error.ts'
import type { Channel } from '../channel.ts'
import { barredPreview, previewOf } from './certificate-preview.ts'
import type { CertificateIssued } from '../../record/kinds/certificate.ts'
import { MANAGERS } from '../../record/person-fields.ts'
import { said, type Signer } from '../channel/say-as.ts'
import { DECIDED_WITHIN_MS, signedEventOf } from '../channel/sign-event.ts'
import { certificateWords } from './certificate-words.ts'
import { issuingKeys } from './issuing-key.ts'
import { IssuedCertificates, type IssuedFile } from './issued-certificates.ts'
import { isTimeZone, machineZone, zoneOf } from '../folder/time-zone.ts'

/** Nothing is to be certified over a place that was found changed; what the rest of the period would show is not asked. */
const BARS: ReadonlySet<string> = new Set(['entry_barred', 'range_barred', 'readings_missing'])

const WAIT = 'Wait until it is there, or choose another period.'

export interface Period {
  asset: string
  /** Which of its packs judges; may be left out where it has one. */
  pack?: string | undefined
  fromUs: number
  toUs: number
}

export interface IssueRequest extends Period {
  language: Language
  /** IANA name of the zone in which the page prints times; that of the configuration if undefined. */
  timeZone?: string | undefined
  acknowledgedGaps: { id: string; reason: string }[]
  /** Number of one of this gateway about the asset, in whose place it stands. */
  supersedes?: string | undefined
}

export class Certificates {
  readonly #channel: Channel
  readonly #keys: KeyStore
  readonly #host: PackHost
  readonly #issued: IssuedCertificates
  readonly #verifySignature = loadAddon().verify

  private constructor(channel: Channel, host: PackHost) {
    this.#channel = channel
    this.#keys = openKeyStore(channel.folder.keys)
    this.#host = host
    this.#issued = new IssuedCertificates(channel.folder.issued, (certificate, err) =>
      channel.log.error({ certificate, err }, 'a certificate that was issued here is damaged; it is not handed out'),
    )
  }

  static async open(channel: Channel): Promise<Certificates> {
    return new Certificates(channel, await createPackHost(loadEngine()))
  }

  /** Examines what a certificate would rest on and says what it would say. Signs nothing. Throws GatewayError or CertificateError. */
  preview(period: Period): CertificatePreview {
    try {
      return this.#examined(period).preview
    } catch (error) {
      if (!(error instanceof GatewayError) || !BARS.has(error.code)) throw error
      return barredPreview(this.#asset(period.asset), period.pack, error, zoneOf('UTC', 0, 0))
    }
  }

  /**
   * Signs a certificate, has the ledger record that it was issued, and writes it down. `releasedBy` is the person who answers for it,
   * and who gave the reasons for gaps; empty where nobody is known.
   *
   * @param person by whose key the ledger is told; the gateway tells it where that is nobody's. What the ledger refuses is not handed out; what
   *   waits for a majority is signed, and gets its place later.
   */
  async issue(
    request: IssueRequest,
    releasedBy: string,
    person: Signer | null = null,
  ): Promise<{ id: string; fileName: string; verdict: string; row: CertificateRow }> {
    const { preview, findings, waits, signer } = this.#examined(request)
    if (waits !== undefined) throw new GatewayError(waits.code, waits.text, WAIT)
    this.#requireRelation(request.asset)
    const former = request.supersedes === undefined ? null : this.#former(request.supersedes, request.asset)
    const open = preview.gaps.filter((gap) => !request.acknowledgedGaps.some(({ id }) => id === gap.id))
    if (open.length > 0)
      throw new GatewayError(
        'gaps_open',
        `${open.length} gaps are not acknowledged yet`,
        'Give a reason for each gap; it is printed on the certificate.',
      )
    const number = randomBytes(5).toString('hex').toUpperCase()
    const nowUs = this.#channel.nowUs()
    const stated = statedJson(this.#stated(request, preview, number, releasedBy, nowUs))
    // What was examined is what is signed: the ledger has gone on since, and nothing that was found rests on what is stated.
    const bytes = signCertificate(
      { ...findings, material: { ...findings.material, stated } },
      { signer, nowIso: isoSeconds(nowUs) },
    )
    const told = {
      certificateHash: sha256(bytes),
      asset: request.asset,
      pack: preview.pack.id,
      verdict: preview.verdict,
      fromUs: request.fromUs,
      toUs: request.toUs,
      ...(former === null ? {} : { supersedes: fromHex(former.hash) }),
    }
    await this.#tell(person, told)
    const row = this.#issued.add(number, bytes)
    this.#channel.log.info(
      { certificate: number, asset: request.asset, by: releasedBy, hash: toHex(sha256(bytes)) },
      'certificate issued',
    )
    return { id: number, fileName: `${number}.plumb`, verdict: preview.verdict, row: { ...row, status: null } }
  }

  /** Throws GatewayError `not_recorded` where the ledger does not take it. */
  async #tell(person: Signer | null, told: CertificateIssued): Promise<void> {
    const { thread } = this.#channel
    const { refused, reason } =
      person === null
        ? signedEventOf(await thread.event('certificate.issued', told, DECIDED_WITHIN_MS))
        : await said(thread, person, 'certificate.issued', told, MANAGERS)
    if (refused === null) return
    throw new GatewayError(
      'not_recorded',
      `the ledger did not take the certificate: ${reason ?? refused} (${refused})`,
      'It is not in the register, and is handed to nobody.',
    )
  }

  /** The register, newest first. */
  list(): CertificateRow[] {
    return this.#issued.list().map((row) => this.#withStatus(row))
  }

  #withStatus(row: IssuedFile): CertificateRow {
    return { ...row, status: this.#said(row) }
  }

  /** What this gateway said against one that it issued. */
  #said({ hash }: IssuedFile): CertificateRow['status'] {
    return certificateWords(this.#channel, hash).find(({ actor }) => actor === this.#keys.actorId) ?? null
  }

  /** Throws GatewayError `unknown_certificate`, `certificate_revoked`: nothing is signed then. */
  #former(number: string, asset: string): IssuedFile {
    const row = this.#issued.row(number)
    if (row === null || row.asset !== asset)
      throw new GatewayError(
        'unknown_certificate',
        `there is no certificate ${number} of this gateway about ${asset}`,
        'plumbline certificate list names those that were issued here; nothing was signed.',
      )
    if (this.#said(row)?.by === null)
      throw new GatewayError(
        'certificate_revoked',
        `certificate ${number} was revoked, and nothing stands in its place`,
        'Issue the new one without --supersedes; nothing was signed.',
      )
    return row
  }

  /** One that was issued here, in one of its renderings, and its row; null where there is none. Throws GatewayError `certificate_damaged`. */
  async file(id: string, format: DocumentKind): Promise<{ bytes: Uint8Array; row: IssuedFile } | null> {
    const found = this.#issued.read(id)
    if (found === null || format === 'plumb') return found
    const { bytes, row } = found
    return { bytes: format === 'pdf' ? await renderPdf(bytes, installedFonts) : renderHtml(bytes), row }
  }

  /** What stands in it beside what is proven. */
  #stated(
    request: IssueRequest,
    preview: CertificatePreview,
    number: string,
    releasedBy: string,
    nowUs: number,
  ): Stated {
    const { config } = this.#channel
    return {
      number,
      language: request.language,
      template: TEMPLATE_NEWEST,
      // Up to now: the page also says when it was signed.
      zone: zoneOf(this.#zoneName(request.timeZone), request.fromUs, Math.max(request.toUs, nowUs)),
      issuer: { ...config.issuer },
      releasedBy,
      publicUrl: config.certificates.publicUrl ?? null,
      gaps: preview.gaps.map((gap) => ({
        stream: gap.stream,
        fromUs: gap.fromUs,
        toUs: gap.toUs,
        reason: request.acknowledgedGaps.find(({ id }) => id === gap.id)?.reason ?? '',
        by: releasedBy,
      })),
    }
  }

  #zoneName(wanted?: string): string {
    if (wanted !== undefined && !isTimeZone(wanted))
      throw new GatewayError(
        'unknown_time_zone',
        `there is no time zone "${wanted}"`,
        'Give an IANA name, such as Europe/Berlin.',
      )
    return wanted ?? this.#channel.config.timeZone ?? machineZone()
  }

  #asset(id: string): Asset {
    const asset = this.#channel.assets().find((candidate) => candidate.id === id)
    if (asset === undefined)
      throw new GatewayError('unknown_asset', `there is no asset "${id}"`, 'GET /api/assets lists them.')
    return asset
  }

  /**
   * What two rules say of the same evidence: the one in force, and another by its own parameters. Signs nothing. Throws as `preview`
   * does, and PackError.
   */
  judgedByBoth(period: Period, other: { rule: string; parameters: JsonValue }): { was: PackVerdict; is: PackVerdict } {
    let input: { [name: string]: JsonValue } = {}
    const run: PackHost['run'] = (rule, fn, given) => {
      input = given as typeof input
      return this.#host.run(rule, fn, given)
    }
    const { verdict: was } = this.#examined(period, { engineHash: this.#host.engineHash, run }).findings
    const is = parseVerdict(this.#host.run(other.rule, 'judge', { ...input, parameters: other.parameters }))
    return { was, is }
  }

  /** Throws GatewayError as `certificateMaterial` does. `waits`: the first thing that only others can give, and have not yet. */
  #examined(
    period: Period,
    host = this.#host,
  ): {
    preview: CertificatePreview
    findings: Findings
    waits: Missing | undefined
    signer: OwnKey
  } {
    const asset = this.#asset(period.asset)
    const issuer = issuingKeys(this.#channel.reader, this.#keys.actorId, (id) => this.#keys.find(id))
    const material = certificateMaterial(this.#channel.reader, {
      ...period,
      issuer,
      stated: {},
      packOf: (hash) => this.#channel.packs.packOf(hash),
      barred: this.#channel.barred,
    })
    // Chosen by what the enclosed state has, which ends with the entry that the newer seal closes.
    const signer = issuer.at(material.newer.closed.index + 1)
    if (signer === null) throw new Error('a certificate was made by a key that the gateway does not have')
    const { findings, waits } = examineMaterial(material, {
      signer,
      host,
      verifySignature: this.#verifySignature,
      nowIso: isoSeconds(this.#channel.nowUs()),
    })
    const zone = zoneOf(this.#zoneName(), period.fromUs, Math.max(period.toUs, this.#channel.nowUs()))
    const [first] = waits
    const barred = first === undefined ? null : { code: first.code, message: first.text, next: WAIT }
    const preview = previewOf(asset, subjectOf(findings), findings, barred, zone)
    return { preview, findings, waits: first, signer }
  }

  /** The ledger would not take that it was issued. */
  #requireRelation(asset: string): void {
    if (this.#channel.reader.state.relationRefusal(this.#keys.actorId, asset) === null) return
    throw new GatewayError(
      'no_relation',
      `this gateway has nothing to do with the asset "${asset}"`,
      'A gateway of its owner or holder issues it, or binds this one as a party first: plumbline event sign --type asset.bound.',
    )
  }
}

/** The moment in whole seconds, as credentials carry it. */
function isoSeconds(timeUs: number): string {
  return `${new Date(timeUs / 1000).toISOString().slice(0, 19)}Z`
}
