/** Which certificates the register shows, as it stands in the address, and what became of each. */
import {
  packOf,
  REGISTER_STATUSES,
  type RegisterFilter,
  type RegisterStatus,
} from '../../src-main/endpoints/register-filter.ts'
import type { CertificateRow } from './model.ts'
import { m } from '../paraglide/messages.js'

export { fitsRegister, packOf, type RegisterFilter } from '../../src-main/endpoints/register-filter.ts'

const time = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d{1,16}$/.test(text) ? Number(text) : undefined

export const statusIn = (text: string | undefined): RegisterStatus | undefined =>
  REGISTER_STATUSES.find((one) => one === text)

export function readFilter(query: Readonly<Record<string, string>>): RegisterFilter {
  return {
    text: query['find'] || undefined,
    pack: query['pack'] || undefined,
    verdict: query['verdict'] || undefined,
    status: statusIn(query['status']),
    fromUs: time(query['from']),
    toUs: time(query['to']),
  }
}

/** Back into the address. */
export function writeFilter(filter: RegisterFilter): Record<string, string | number | undefined> {
  const { text, pack, verdict, status, fromUs, toUs } = filter
  return { show: 'register', find: text || undefined, pack, verdict, status, from: fromUs, to: toUs }
}

export const isFiltered = (filter: RegisterFilter): boolean =>
  Object.values(filter).some((value) => value !== undefined)

const statusWords: Record<RegisterStatus, () => string> = {
  valid: m.certificates_is_valid,
  revoked: m.certificates_is_revoked,
  superseded: m.certificates_is_superseded,
}

/** What may have become of a certificate, with its words. */
export const registerStatuses = (): [string, string][] =>
  REGISTER_STATUSES.map((status) => [status, statusWords[status]()])

/** An address that asks for a certificate in the place of another. */
export const replaceQuery = (row: CertificateRow): Record<string, string | number> => ({
  show: 'issue',
  asset: row.asset,
  supersedes: row.id,
  pack: packOf(row),
  from: row.fromUs,
  to: row.toUs,
})

export function readReplaced(
  query: Readonly<Record<string, string>>,
): { number: string; pack: string; fromUs: number | null; toUs: number | null } | null {
  const { supersedes: number, pack = '' } = query
  if (number === undefined) return null
  return { number, pack, fromUs: time(query['from']) ?? null, toUs: time(query['to']) ?? null }
}
