/** Certificates: preview, issue, register, files. */
import type { Certificates } from '../../gateway/evidence/certificates.ts'
import { certificateIssued, certificateWords } from '../../gateway/evidence/certificate-words.ts'
import type { Channel } from '../../gateway/channel.ts'
import { ApiError } from '../api-error.ts'
import type { EventFeed } from '../event-feed.ts'
import type { Caller, FileReply, Handlers } from '../handlers.ts'
import type { Signers } from '../signers.ts'
import { signerIfAny } from './signer-of.ts'

type Answers = Pick<
  Handlers,
  'previewCertificate' | 'issueCertificate' | 'certificates' | 'certificateFile' | 'certificateStatus'
>

const MIME = {
  plumb: 'application/vnd.plumbline.certificate+json',
  pdf: 'application/pdf',
  html: 'text/html; charset=utf-8',
} as const

export function certificateAnswers(
  channel: Channel,
  signers: Signers,
  certificates: Certificates,
  feed: EventFeed,
): Answers {
  return {
    previewCertificate: ({ body }) => certificates.preview(body),
    issueCertificate: async ({ body, caller }) => {
      const signer = await signerIfAny(channel, signers, caller, body.as)
      const { row, ...issued } = await certificates.issue(
        body,
        releaserOf(caller, body.as?.name ?? body.releasedBy),
        signer,
      )
      feed.certificate(row)
      return issued
    },
    certificates: () => ({ certificates: certificates.list() }),
    certificateStatus: ({ params: { hash }, query: { asset, issuer } }) => ({
      gateway: channel.name,
      words: certificateWords(channel, hash),
      issued: asset === undefined || issuer === undefined ? null : certificateIssued(channel, { hash, asset, issuer }),
      upTo: channel.reader.size() - 1,
    }),
    certificateFile: async ({ params }): Promise<FileReply<Uint8Array>> => {
      const found = await certificates.file(params.id, params.format)
      if (found === null)
        throw new ApiError(
          404,
          'unknown_certificate',
          `certificate ${params.id} was not issued here`,
          'GET /api/certificates lists those that were.',
        )
      const { bytes, row } = found
      const fileName = `${row.asset.replaceAll(/[^A-Za-z0-9._-]/g, '_')}-${row.id}.${params.format}`
      return { content: bytes, mime: MIME[params.format], fileName }
    },
  }
}

/** A person who is signed in answers in their own name. A program of this machine is nobody: it may name a person. */
export function releaserOf(caller: Pick<Caller, 'name' | 'via'>, named: string | undefined): string {
  return caller.via === 'token' ? (named ?? '') : caller.name
}
