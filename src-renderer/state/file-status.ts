/** What this gateway's ledger has of a certificate that somebody dropped: the file itself cannot know what was said of it later. */
import { call } from '../client/call.ts'
import type { CertificateStatus } from '../words/model.ts'

export const statusOfFile = async (
  { hash, ...query }: { hash: string; asset: string; issuer: string },
  signal: AbortSignal,
): Promise<CertificateStatus> => await call('certificateStatus', { params: { hash }, query }, signal)
