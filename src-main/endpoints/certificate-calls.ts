/** Calls about certificates: what one would say, issuing it, the register, the files, and what was said against one. */
import { z } from 'zod'
import { DOCUMENT_KINDS } from '../certificates/document-kinds.ts'
import { LANGUAGES } from '../wire/languages.ts'
import { CertificatePreview, Certificates, CertificateStatus, IssuedCertificate } from './certificate-model.ts'
import type { Endpoint } from './endpoint.ts'
import { As } from './person-calls.ts'
import { Hash32, Id16 } from './model.ts'
import { TimeUs } from './quantities.ts'

const period = {
  asset: z.string().min(1).max(256),
  pack: z
    .string()
    .min(1)
    .max(256)
    .optional()
    .meta({ description: 'Which of the packs of the asset judges; needed where there are several' }),
  fromUs: TimeUs,
  toUs: TimeUs,
}
const octets = 'application/octet-stream'

export const certificateCalls = {
  previewCertificate: {
    method: 'POST',
    path: '/api/certificates/preview',
    access: 'signed-in',
    body: z.strictObject(period),
    response: CertificatePreview,
    summary: 'What a certificate over this period would say; signs nothing',
  },
  issueCertificate: {
    method: 'POST',
    path: '/api/certificates',
    access: ['site-manager'],
    body: z.strictObject({
      ...period,
      language: z.enum(LANGUAGES),
      acknowledgedGaps: z
        .array(z.strictObject({ id: z.string(), reason: z.string().trim().min(3).max(1000) }))
        .max(10_000),
      timeZone: z.string().max(64).optional().meta({ description: 'IANA name; default: the configured zone' }),
      releasedBy: z
        .string()
        .trim()
        .max(200)
        .optional()
        .meta({ description: 'For programs of this machine: who releases it. A session releases in its own name.' }),
      as: As.optional(),
      supersedes: z
        .string()
        .max(128)
        .optional()
        .meta({ description: 'Number of a certificate of this gateway about the asset, in whose place it stands' }),
    }),
    response: IssuedCertificate,
    summary: 'Sign a certificate; every gap in the period must be acknowledged with a reason',
  },
  certificates: {
    method: 'GET',
    path: '/api/certificates',
    access: 'signed-in',
    response: Certificates,
    summary: 'Register, newest first',
  },
  certificateStatus: {
    method: 'GET',
    path: '/api/certificate-status/{hash}',
    access: 'signed-in',
    params: z.object({ hash: Hash32 }),
    query: z.object({ asset: z.string().max(1024).optional(), issuer: Id16.optional() }),
    response: CertificateStatus,
    summary:
      'What members said on this ledger against the certificate whose file has this SHA-256; with the asset that it is about and the member that issued it also whether this ledger has that',
  },
  certificateFile: {
    method: 'GET',
    path: '/api/certificates/{id}/{format}',
    access: 'signed-in',
    params: z.object({ id: z.string().min(1).max(128), format: z.enum(DOCUMENT_KINDS) }),
    response: { bytes: octets },
    summary: 'A certificate as file; only the .plumb is what a verifier reads',
  },
} as const satisfies Record<string, Endpoint>
