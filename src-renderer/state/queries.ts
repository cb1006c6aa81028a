/** What screens ask the gateway for, one function a question. Each takes the signal of the Loading that waits for it. */
import { call, CallError } from '../client/call.ts'
import { refusalLine } from '../words/refusal.ts'
import { saveFile } from './save-file.ts'
import type {
  Activity,
  Asset,
  BlockDetail,
  CertificatePreview,
  CertificateRow,
  EntryDetail,
  FoundEntries,
  Peers,
  ProofSteps,
  ReadingRow,
  Search,
  Series,
  SourceCertificate,
  TrustedPolicies,
} from '../words/model.ts'

export const lastDay = (signal: AbortSignal): Promise<Activity> =>
  call('activity', { query: { spanS: 86_400, buckets: 144 } }, signal)

/** The newest hour of a point in at most 60 values. */
export async function sparkline(stream: string, signal: AbortSignal): Promise<(number | null)[]> {
  const { values } = await call('sparkline', { params: { stream }, query: { spanS: 3600 } }, signal)
  return values
}

export const sourceCertificate = (id: string, signal: AbortSignal): Promise<SourceCertificate> =>
  call('sourceCertificate', { params: { id } }, signal)

export async function decideTrust(id: string, fingerprint: string, decision: 'trust' | 'refuse'): Promise<void> {
  await call('trustSource', { params: { id }, body: { fingerprint, decision } })
}

export const series = (
  streams: readonly string[],
  fromUs: number,
  toUs: number,
  buckets: number,
  signal: AbortSignal,
): Promise<Series> => call('series', { query: { streams: streams.join(','), fromUs, toUs, buckets } }, signal)

export async function readings(
  stream: string,
  fromUs: number,
  toUs: number,
  limit: number,
  signal: AbortSignal,
): Promise<ReadingRow[]> {
  const answer = await call('readings', { query: { stream, fromUs, toUs, limit } }, signal)
  return answer.readings
}

export const blockPage = (before: number | undefined, limit: number, signal: AbortSignal) =>
  call('blocks', { query: { ...(before !== undefined && { before }), limit } }, signal)

export const block = (height: number, signal: AbortSignal): Promise<BlockDetail> =>
  call('block', { params: { height } }, signal)

/** At most `limit` readings of the entry, from position `from` on. */
export const entry = (index: number, from: number, limit: number, signal: AbortSignal): Promise<EntryDetail> =>
  call('entry', { params: { index }, query: { from, limit } }, signal)

/** Recomputed by the gateway from the bytes on its disk. */
export const proofSteps = (index: number, position: number | null, signal: AbortSignal): Promise<ProofSteps> =>
  call('proofSteps', { body: { entry: index, position } }, signal)

export const proofFile = (index: number): Promise<string> => call('proofFile', { params: { index } })

/** Points, assets and certificates whose names hold every word; an entry by its number. */
export const search = (q: string, signal: AbortSignal): Promise<Search> => call('search', { query: { q } }, signal)

/** The first block sealed at or after a time. */
export const blockAt = (timeUs: number, signal: AbortSignal): Promise<{ height: number; timeUs: number }> =>
  call('blockAt', { query: { timeUs } }, signal)

export const blockHours = (fromUs: number, hours: number, signal: AbortSignal): Promise<{ blocks: number[] }> =>
  call('blockHours', { query: { fromUs, hours } }, signal)

export interface EntryFilter {
  kind?: 'batch' | 'event' | 'seal' | undefined
  type?: string | undefined
  gateway?: string | undefined
  asset?: string | undefined
}

export const findEntries = (
  filter: EntryFilter,
  before: number | undefined,
  limit: number,
  signal: AbortSignal,
): Promise<FoundEntries> => call('findEntries', { query: { ...filter, before, limit } }, signal)

export const findHash = (hash: string, before: number | undefined, signal: AbortSignal) =>
  call('findHash', { params: { hash }, query: { before } }, signal)

export const peers = (signal: AbortSignal): Promise<Peers> => call('peers', {}, signal)

export async function assets(signal: AbortSignal): Promise<Asset[]> {
  const answer = await call('assets', {}, signal)
  return answer.assets
}

export interface Period {
  asset: string
  /** Which of its packs judges. */
  pack?: string
  fromUs: number
  toUs: number
}

export const previewCertificate = (period: Period, signal: AbortSignal): Promise<CertificatePreview> =>
  call('previewCertificate', { body: period }, signal)

export const issueCertificate = (
  period: Period,
  language: 'en' | 'de',
  acknowledgedGaps: { id: string; reason: string }[],
  more: { as?: { passphrase: string }; supersedes?: string },
) => call('issueCertificate', { body: { ...period, language, acknowledgedGaps, ...more } })

export async function certificates(signal: AbortSignal): Promise<CertificateRow[]> {
  const answer = await call('certificates', {}, signal)
  return answer.certificates
}

/** Fetches a certificate, because a link carries no key, and saves it as a file. Null when it is done, else why not. */
export async function saveCertificate(
  { id, asset }: { id: string; asset: string },
  format: 'plumb' | 'pdf' | 'html',
): Promise<string | null> {
  try {
    const bytes = await call('certificateFile', { params: { id, format } })
    saveFile(bytes, `${asset.replaceAll(/[^A-Za-z0-9._-]/g, '_')}-${id}.${format}`)
    return null
  } catch (error) {
    return refusalText(error)
  }
}

export async function pinnedPolicies(): Promise<TrustedPolicies['policies']> {
  try {
    const answer = await call('verifierPolicy', {})
    return answer.policies
  } catch (error) {
    // From elsewhere they are told after the sign-in: until then no policy is known, and the check says so.
    if (error instanceof CallError && error.status === 401) return []
    throw error
  }
}

/** A refusal in words, with what to do; anything else is a mistake of ours and is thrown on. */
export function refusalText(error: unknown): string {
  if (error instanceof CallError) return refusalLine(error)
  throw error
}
