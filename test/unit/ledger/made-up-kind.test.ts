/** A kind of event that no release has: one object is all that writer, readers, check and repair need to know of it. */
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { fsck } from '../../../src-main/ledger/audit.ts'
import { openReader } from '../../../src-main/ledger/reader.ts'
import { rebuildLedger } from '../../../src-main/ledger/rebuild.ts'
import type { CoreRefusalCode } from '../../../src-main/record/refusals.ts'
import type { Kind } from '../../../src-main/record/kind.ts'
import { record, text } from '../../../src-main/record/schema.ts'
import { knownRules, rules1 } from '../../../src-main/record/rules.ts'
import type { KnownRules } from '../../../src-main/record/rules.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { addon, commitOne, seal, testLedger } from './drive.ts'

const TANK = 'urn:own:tank-1'

/** Somebody opened a tank, which its name says from then on. */
const tankOpened: Kind<{ tank: string; by: string }> = {
  form: record({ tank: text(), by: text() }),
  assets: ({ tank }) => [tank],
  contracts: 'note',
  codes: ['asset-unknown'],
  decide(view, _event, { tank, by }) {
    const asset = view.get('asset', tank)
    if (asset === undefined) return 'asset-unknown'
    return [{ kind: 'asset', id: tank, value: { ...asset, name: `${asset.name}, opened by ${by}` } }]
  },
  example: { tank: TANK, by: 'A. Example' },
}
const rules: KnownRules = new Map([[1, { ...rules1, kinds: { ...rules1.kinds, 'tank.opened': tankOpened } }]])

function opened(known: KnownRules = rules) {
  const file = join(temporaryFolder(onTestFinished), 'ledger.db')
  const { channel, ledger } = testLedger({}, { file, rules: known })
  const gateway = channel.member(0)
  commitOne(ledger, channel.registerAsset(gateway, TANK))
  const say = (body: object, change: object = {}) => {
    const said = { type: 'tank.opened', assets: [TANK], body: { ...body }, ...change }
    return commitOne(ledger, channel.event(gateway, 'gateway.alive', {}, said))
  }
  return { file, channel, ledger, say }
}

test('is decided, read before and after its seal, checked and made anew by its rule alone', () => {
  const { file, channel, ledger, say } = opened()
  expect(say(tankOpened.example).outcome).toBe('accepted')
  const reader = openReader(file, { rules })
  expect(reader.state.asset(TANK)?.name).toBe(`${TANK}, opened by A. Example`)
  seal(channel, ledger)
  expect(reader.state.asset(TANK)?.name).toBe(`${TANK}, opened by A. Example`)
  expect([...reader.entries.eventsOf(TANK)].map((index) => reader.entries.require(index).type)).toContain('tank.opened')
  reader.close()
  ledger.close()
  expect(fsck({ file, addon, rules })).toMatchObject({ verdict: 'unchanged' })
  expect(rebuildLedger({ file, addon, rules }).entries).toBe(4)
  expect(fsck({ file, addon, rules })).toMatchObject({ verdict: 'unchanged' })
})

test.each<[string, object, object, CoreRefusalCode]>([
  ['a field too many', { ...tankOpened.example, more: 1 }, {}, 'body-malformed'],
  ['an asset that nobody registered', { tank: 'urn:own:none', by: 'A' }, { assets: ['urn:own:none'] }, 'asset-unknown'],
  ['no asset in its list', tankOpened.example, { assets: [] }, 'assets-differ'],
  ['another asset in its list', tankOpened.example, { assets: [TANK, 'urn:own:tank-2'] }, 'assets-differ'],
])('is refused with %s', (_, body, change, reason) => {
  const { ledger, say } = opened()
  expect(say(body, change)).toMatchObject({ outcome: 'invalid', reason })
  ledger.close()
})

test('is unknown to a release that does not have it', () => {
  const { ledger, say } = opened(knownRules)
  expect(say(tankOpened.example)).toMatchObject({ outcome: 'invalid', reason: 'type-unknown' })
  ledger.close()
})
