/** The fixture of version 1 of the rules: every kind, outcome and code, decided again by this release. */
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { fsck } from '../../../src-main/ledger/audit.ts'
import { openLedger } from '../../../src-main/ledger/ledger.ts'
import type { Ledger } from '../../../src-main/ledger/ledger.ts'
import { rebuildLedger } from '../../../src-main/ledger/rebuild.ts'
import type { Kind } from '../../../src-main/record/kind.ts'
import { kinds } from '../../../src-main/record/kinds.ts'
import { REFUSALS } from '../../../src-main/record/refusals.ts'
import { endOf, LEDGERS, linesOf, readFixture, tell, textOf } from '../../fixture/fixture.ts'
import type { Line } from '../../fixture/fixture.ts'
import { shippedContracts as contracts } from '../../support/shipped-contracts.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { addon, commit, commitOne } from './drive.ts'

const AT_ONCE = 64
const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'base64'))

type Statement = Extract<Line, { entry: string }>
const lines = readFixture()
/** Thousands of statements, told, decided, checked and made anew: ten seconds each where nothing else runs. */
const MINUTES_MS = 300_000
const statements = lines.filter((line): line is Statement => 'entry' in line)

/**
 * No key can have an owner that is no member: the genesis names them together. Kept for members who leave. And who was ended has no key in
 * force: it is why an act of such a one comes to nothing.
 */
const UNREACHED = ['signer-no-member', 'signer-ended']

test(
  'is what the rules of this release say; npm run fixture makes it again while they are open',
  () => {
    expect(textOf(linesOf(addon)) === textOf(lines)).toBe(true)
  },
  MINUTES_MS,
)

describe('holds', () => {
  test('every code there is', () => {
    const given = new Set(statements.map(({ reason }) => reason))
    expect(Object.keys(REFUSALS).filter((code) => !given.has(code))).toEqual(UNREACHED)
  })

  test('every outcome there is', () => {
    expect([...new Set(statements.map(({ outcome }) => outcome))].sort()).toEqual(
      ['accepted', 'bad', 'duplicate', 'early', 'equivocation', 'invalid', 'refused-seal', 'superseded'].sort(),
    )
  })

  test.each(Object.entries(kinds) as [string, Kind<never>][])('%s with each code that can come to it', (type, kind) => {
    const given = statements.filter(({ subject }) => subject === type).map(({ reason }) => reason ?? 'accepted')
    const isAbout = kind.related !== undefined || kind.disposed !== undefined
    const isTaken = type !== 'channel.opened'
    const wanted = [
      ...(isTaken ? ['accepted', 'role-not-held', 'assets-differ', 'consumes-differ'] : []),
      ...(isTaken && type !== 'gateway.resumed' ? ['body-malformed'] : []),
      ...(kind.byHand === true ? ['time-implausible'] : []),
      ...(kind.by === 'voter' ? ['signer-no-voter'] : []),
      ...(kind.by === 'admin' ? ['admin-must-sign'] : []),
      ...(kind.by === 'person' ? ['signer-no-person'] : []),
      ...(kind.by === 'admin' || kind.by === 'person' ? ['role-may-not'] : []),
      ...(isAbout ? ['asset-unknown', 'no-relation'] : []),
      ...(kind.consumes === undefined ? [] : ['stale-state']),
      ...kind.codes,
    ]
    expect(wanted.filter((code) => !given.includes(code))).toEqual([])
  })
})

describe.each(LEDGERS)('its ledger %s', (name) => {
  const begin = lines.findIndex((line) => 'ledger' in line && line.ledger === name)
  const end = lines.findIndex((line, i) => i > begin && 'root' in line)
  const { genesis } = lines[begin] as Extract<Line, { genesis: string }>
  const told = lines.slice(begin + 1, end) as Statement[]

  /** Many at a time: what becomes of a statement does not hang on how it was proposed. */
  function decided(file: string): Ledger {
    const ledger = openLedger({ addon, genesis: bytesOf(genesis), file, contracts })
    for (let from = 0; from < told.length; from += AT_ONCE) {
      const some = told.slice(from, from + AT_ONCE)
      const proposed = some.map(({ entry, payload }) => ({
        entry: bytesOf(entry),
        payload: payload === null ? null : bytesOf(payload),
      }))
      const outcomes = commit(ledger, ...proposed).map(({ outcome, reason = null }) => [outcome, reason])
      expect(outcomes).toEqual(some.map(({ outcome, reason }) => [outcome, reason]))
    }
    return ledger
  }

  test(
    'is decided again, checked, made anew and gone on with',
    () => {
      const file = join(temporaryFolder(onTestFinished), 'ledger.db')
      const ledger = decided(file)
      expect(endOf(ledger)).toEqual(lines[end])
      ledger.close()
      expect(fsck({ file, addon })).toMatchObject({ verdict: 'unchanged' })
      expect(rebuildLedger({ file, addon, contracts }).entries).toBeGreaterThan(50)
      expect(fsck({ file, addon })).toMatchObject({ verdict: 'unchanged' })
      const again = openLedger({ addon, file, contracts })
      expect(endOf(again)).toEqual(lines[end])
      // It goes on: a member says something more, and it is sealed.
      const { channel, second } = tell(addon, name)
      expect(commitOne(again, channel.event(second, 'gateway.alive', {})).outcome).toBe('accepted')
      const draft = again.sealDraft()
      expect(commitOne(again, channel.seal(second, draft, draft.minTimeUs)).outcome).toBe('accepted')
      expect(again.lacksRules).toBe(name === 'rules' ? again.rules().at(-1)?.version : null)
      again.close()
    },
    MINUTES_MS,
  )
})
