/** Which rows of the register of certificates somebody wants to see: the console and the command line mean the same by it. */
import type { CertificateRow } from './certificate-model.ts'

export const REGISTER_STATUSES = ['valid', 'revoked', 'superseded'] as const
export type RegisterStatus = (typeof REGISTER_STATUSES)[number]

export interface RegisterFilter {
  /** The id of an asset. */
  asset?: string | undefined
  /** Words that all stand in the number of a certificate, or in id or names of its asset. */
  text?: string | undefined
  /** The id of a pack, of whatever version. */
  pack?: string | undefined
  verdict?: string | undefined
  status?: RegisterStatus | undefined
  /** When it was issued, both inclusive. */
  fromUs?: number | undefined
  toUs?: number | undefined
}

export function registerStatus({ status }: Pick<CertificateRow, 'status'>): RegisterStatus {
  if (status === null) return 'valid'
  return status.by === null ? 'revoked' : 'superseded'
}

/** The id of the pack that judged; the register names it with its version. */
export const packOf = ({ pack }: Pick<CertificateRow, 'pack'>): string => pack.split(' ')[0] ?? ''

export function fitsRegister(row: CertificateRow, filter: RegisterFilter): boolean {
  const { asset, text = '', pack, verdict, status, fromUs = 0, toUs = Infinity } = filter
  const written = [row.id, row.asset, row.assetName, ...Object.values(row.assetNames ?? {})].join('\n').toLowerCase()
  const words = text.toLowerCase().split(/\s+/)
  return (
    (asset === undefined || row.asset === asset) &&
    words.every((word) => written.includes(word)) &&
    (pack === undefined || packOf(row) === pack) &&
    (verdict === undefined || row.verdict.toLowerCase() === verdict.toLowerCase()) &&
    (status === undefined || registerStatus(row) === status) &&
    row.issuedAtUs >= fromUs &&
    row.issuedAtUs <= toUs
  )
}
