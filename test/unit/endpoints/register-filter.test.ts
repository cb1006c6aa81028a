/** Rows of the register that fit what somebody asks for. */
import { expect, test } from 'vitest'
import type { CertificateRow, CertificateWord } from '../../../src-main/endpoints/certificate-model.ts'
import { fitsRegister, type RegisterFilter } from '../../../src-main/endpoints/register-filter.ts'

const word = (by: string | null): CertificateWord => ({
  member: 'gw',
  actor: '0'.repeat(32),
  entry: 7,
  by,
  reason: null,
})

const row = (change: Partial<CertificateRow>): CertificateRow => ({
  id: '4A5B',
  hash: '0'.repeat(64),
  status: null,
  asset: 'urn:own:lot-7',
  assetName: 'Apple spritzer',
  assetNames: { de: 'Apfelschorle' },
  pack: 'quality 1.0',
  verdict: 'PASS',
  fromUs: 1,
  toUs: 2,
  issuedAtUs: 100,
  issuedBy: '',
  simulated: false,
  ...change,
})

const rows = [
  row({}),
  row({ id: '1111', asset: 'urn:own:lot-70', verdict: 'FAIL', issuedAtUs: 200, status: word(null) }),
  row({ id: '2222', pack: 'quality-plus 1.0', issuedAtUs: 300, status: word('1'.repeat(64)) }),
]

test.each<[RegisterFilter, string[]]>([
  [{}, ['4A5B', '1111', '2222']],
  [{ asset: 'urn:own:lot-7' }, ['4A5B', '2222']],
  [{ text: 'lot-7' }, ['4A5B', '1111', '2222']],
  [{ text: 'apfel 4a' }, ['4A5B']],
  [{ text: 'apfel birne' }, []],
  [{ text: '  ' }, ['4A5B', '1111', '2222']],
  [{ pack: 'quality' }, ['4A5B', '1111']],
  [{ verdict: 'fail' }, ['1111']],
  [{ status: 'valid' }, ['4A5B']],
  [{ status: 'revoked' }, ['1111']],
  [{ status: 'superseded' }, ['2222']],
  [{ fromUs: 200 }, ['1111', '2222']],
  [{ toUs: 200 }, ['4A5B', '1111']],
  [{ fromUs: 101, toUs: 199 }, []],
])('%j finds %j', (filter, found) => {
  expect(rows.filter((one) => fitsRegister(one, filter)).map(({ id }) => id)).toEqual(found)
})
