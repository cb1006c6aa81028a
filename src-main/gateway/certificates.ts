/** Certificates of this gateway: what one would say, issuing it, and the register of those that were issued. */
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { loadAddon } from '../../native/addon.ts'
import { buildCertificate, examineMaterial } from '../certificates/build.ts'
import { subjectOf } from '../certificates/subject.ts'
import { loadEngine } from '../documents/engine.ts'
import { renderHtml } from '../documents/html.ts'
import { renderPdf } from '../documents/pdf.ts'
import { CertificateRow, type Asset, type CertificatePreview } from '../endpoints/certificate-model.ts'
import { openKeyStore, type KeyStore } from '../keys/key-store.ts'
import { createPackHost, type PackHost } from '../packs/host.ts'
import { sha256, toHex, utf8 } from '../wire/bytes.ts'
import type { CertificateMaterial } from '../certificates/material.ts'
import type { JsonValue } from '../wire/json.ts'
import { certificateMaterial } from './certificate-material.ts'
import { GatewayError } from './error.ts'
import type { Gateway } from './gateway.ts'
import { previewOf } from './certificate-preview.ts'
import { writeDurably } from './setup.ts'

const rowSchema = CertificateRow.extend({ language: z.enum(['en', 'de']) })
type Row = z.infer<typeof rowSchema>

export interface Period {
  asset: string
  fromUs: number
  toUs: number
}

export interface IssueRequest extends Period {
  language: 'en' | 'de'
  acknowledgedGaps: { id: string; reason: string }[]
}

export class Certificates {
  readonly #gateway: Gateway
  readonly #keys: KeyStore
  readonly #host: PackHost
  readonly #verifySignature = loadAddon().verify

  private constructor(gateway: Gateway, host: PackHost) {
    this.#gateway = gateway
    this.#keys = openKeyStore(gateway.folder.keys)
    this.#host = host
  }

  static async open(gateway: Gateway): Promise<Certificates> {
    mkdirSync(gateway.folder.issued, { recursive: true, mode: 0o700 })
    return new Certificates(gateway, await createPackHost(loadEngine()))
  }

  /** Examines what a certificate would rest on and says what it would say. Signs nothing. Throws GatewayError or CertificateError. */
  preview(period: Period): CertificatePreview {
    return this.#examined(period).preview
  }

  /** Signs a certificate, writes it down, and has the ledger record that it was issued. */
  async issue(
    request: IssueRequest,
    issuedBy: string,
  ): Promise<{ id: string; fileName: string; verdict: string; row: Row }> {
    const { preview, material } = this.#examined(request)
    if (preview.barred !== null || material === null)
      throw new GatewayError('range_barred', preview.barred ?? 'nothing can be said', 'Choose another period.')
    const open = preview.gaps.filter((gap) => !request.acknowledgedGaps.some(({ id }) => id === gap.id))
    if (open.length > 0)
      throw new GatewayError(
        'nothing_to_certify',
        `${open.length} gaps are not acknowledged yet`,
        'Give a reason for each gap; it is printed on the certificate.',
      )
    const number = randomBytes(5).toString('hex').toUpperCase()
    const nowUs = this.#gateway.nowUs()
    const stated: { [name: string]: JsonValue } = {
      number,
      language: request.language,
      issuedBy,
      gaps: preview.gaps.map((gap) => ({
        from: gap.fromUs,
        to: gap.toUs,
        reason: request.acknowledgedGaps.find(({ id }) => id === gap.id)?.reason ?? '',
      })),
    }
    // What was examined is what is signed: the ledger has gone on since.
    const bytes = buildCertificate(
      { ...material, stated },
      {
        signer: {
          publicKey: this.#keys.public('credential'),
          sign: (content) => this.#keys.sign('credential', content),
        },
        host: this.#host,
        verifySignature: this.#verifySignature,
        nowIso: isoSeconds(nowUs),
      },
    )
    const row: Row = {
      id: number,
      asset: request.asset,
      assetName: preview.asset.name,
      pack: `${preview.pack.id} ${preview.pack.version}`,
      verdict: preview.verdict,
      fromUs: request.fromUs,
      toUs: request.toUs,
      issuedAtUs: nowUs,
      issuedBy,
      simulated: preview.simulated,
      language: request.language,
    }
    writeDurably(join(this.#gateway.folder.issued, `${number}.plumb`), bytes)
    writeDurably(join(this.#gateway.folder.issued, `${number}.json`), utf8(JSON.stringify(row)))
    this.#gateway.thread.record('certificate.issued', [request.asset], {
      certificateHash: sha256(bytes),
      asset: request.asset,
      pack: preview.pack.id,
      verdict: preview.verdict,
      fromUs: request.fromUs,
      toUs: request.toUs,
    })
    this.#gateway.log.info(
      { certificate: number, asset: request.asset, by: issuedBy, hash: toHex(sha256(bytes)) },
      'certificate issued',
    )
    return { id: number, fileName: `${number}.plumb`, verdict: preview.verdict, row }
  }

  /** The register, newest first. */
  list(): Row[] {
    const folder = this.#gateway.folder.issued
    return readdirSync(folder)
      .filter((name) => name.endsWith('.json'))
      .flatMap((name) => {
        const parsed = rowSchema.safeParse(JSON.parse(readFileSync(join(folder, name), 'utf8')))
        return parsed.success ? [parsed.data] : []
      })
      .toSorted((a, b) => b.issuedAtUs - a.issuedAtUs)
  }

  /** One that was issued here, in one of its renderings, and its row; null where there is none of that number. */
  async file(id: string, format: 'plumb' | 'pdf' | 'html'): Promise<{ bytes: Uint8Array; row: Row } | null> {
    const row = this.list().find((candidate) => candidate.id === id)
    const path = join(this.#gateway.folder.issued, `${row?.id ?? ''}.plumb`)
    if (row === undefined || !existsSync(path)) return null
    const plumb = new Uint8Array(readFileSync(path))
    const options = { language: row.language }
    if (format === 'pdf') return { bytes: await renderPdf(plumb, options), row }
    return { bytes: format === 'html' ? await renderHtml(plumb, options) : plumb, row }
  }

  #asset(id: string): Asset {
    const asset = this.#gateway.assets().find((candidate) => candidate.id === id)
    if (asset === undefined)
      throw new GatewayError('unknown_asset', `there is no asset "${id}"`, 'GET /api/assets lists them.')
    return asset
  }

  #examined(period: Period): { preview: CertificatePreview; material: CertificateMaterial | null } {
    const asset = this.#asset(period.asset)
    try {
      const material = certificateMaterial(this.#gateway.reader, {
        ...period,
        issuer: { actor: this.#keys.actorId, credentialKey: this.#keys.keyId('credential') },
        stated: {},
        barred: this.#gateway.barred,
      })
      const { findings, waits } = examineMaterial(material, {
        signer: { publicKey: this.#keys.public('credential') },
        host: this.#host,
        verifySignature: this.#verifySignature,
        nowIso: isoSeconds(this.#gateway.nowUs()),
      })
      return { preview: previewOf(asset, subjectOf(findings), findings, waits[0]?.text ?? null), material }
    } catch (error) {
      if (!(error instanceof GatewayError) || error.code !== 'range_barred') throw error
      return { preview: previewOf(asset, null, null, error.message), material: null }
    }
  }
}

/** The moment in whole seconds, as credentials carry it. */
function isoSeconds(timeUs: number): string {
  return `${new Date(timeUs / 1000).toISOString().slice(0, 19)}Z`
}
