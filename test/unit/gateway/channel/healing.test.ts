import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { pino } from 'pino'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { loadAddon } from '../../../../native/addon.ts'
import { invocationOf } from '../../../../src-main/cli/command.ts'
import { repair } from '../../../../src-main/cli/repair.ts'
import { Conditions } from '../../../../src-main/gateway/conditions.ts'
import type { GatewayFolder } from '../../../../src-main/gateway/folder/data-folder.ts'
import { GatewayError } from '../../../../src-main/gateway/error.ts'
import { Healing } from '../../../../src-main/gateway/channel/healing.ts'
import type { Finding } from '../../../../src-main/gateway/check/integrity.ts'
import type { LedgerIdentity, PartsFetched } from '../../../../src-main/gateway/channel/ledger-thread.ts'
import { openChecked } from '../../../../src-main/ledger/checked-file.ts'
import { DamagedLedger } from '../../../../src-main/ledger/healing/damaged-ledger.ts'
import { Parts, type LostPart } from '../../../../src-main/ledger/healing/parts.ts'
import { openOrRebuild } from '../../../../src-main/ledger/open-or-rebuild.ts'
import { actorIdOf } from '../../../../src-main/wire/ids.ts'
import { copyFolder, makeRecord, NAME, type FlipRecord } from '../../../flips/flip-record.ts'
import { shippedContracts } from '../../../support/shipped-contracts.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

const addon = loadAddon()
const hash = (bytes: Uint8Array): Uint8Array => addon.sha256(bytes)
const other = { actor: actorIdOf(new Uint8Array(16)), name: 'gw-2' }

let record: FlipRecord
beforeAll(async () => {
  record = await makeRecord(temporaryFolder(afterAll), addon, 3)
  const database = openChecked(record.folder.ledger, {})
  database.pragma('wal_checkpoint(TRUNCATE)')
  database.close()
}, 180_000)

function copied(): GatewayFolder {
  return copyFolder(record.folder, `${temporaryFolder(onTestFinished)}/${NAME}`)
}

/** A copy of the record of which the payload of one entry was written over, and that entry's index. */
function damagedEntry(): { folder: GatewayFolder; entry: number } {
  const folder = copied()
  const database = openChecked(folder.ledger, {})
  // Which entries carry readings follows from the moment at which each was sealed: it differs from run to run.
  const { entry, payload } = database
    .prepare('SELECT idx AS entry, payload FROM entry WHERE payload IS NOT NULL AND idx >= 90 ORDER BY idx LIMIT 1')
    .get() as { entry: number; payload: number }
  database.prepare('UPDATE payload SET bytes = zeroblob(100) WHERE id = ?').run(payload)
  database.close()
  return { folder, entry }
}

const damaged = (): GatewayFolder => damagedEntry().folder

const firstBad = { gateway: NAME, entry: 9, reading: 0, what: 'the stored reading', expected: 'a', actual: 'b' }
const finding: Finding = { foundAtUs: 5, firstBad, acknowledged: null }

interface Bench {
  healing: Healing
  conditions: Conditions
  recorded: unknown[]
  renewed: string[]
  found: { finding: Finding | null; damage: string | null }
}

/** What a peer with an undamaged ledger gives. */
function fromWhole(folder: GatewayFolder, lost: readonly LostPart[]): PartsFetched {
  const whole = new DamagedLedger(record.folder.ledger, new Parts(), hash)
  const parts = new Parts()
  for (const part of lost)
    if (part.kind === 'payload') parts.set(part, whole.payload(whole.payloadRow(part.hash), part.hash) as Uint8Array)
  whole.close()
  parts.write(folder.ledger, hash)
  return { missing: [], from: [other.actor], error: null }
}

function bench(
  folder: GatewayFolder,
  change: Partial<ConstructorParameters<typeof Healing>[0]> & {
    outcome?: string
    fetched?: (lost: readonly LostPart[]) => PartsFetched
  } = {},
): Bench {
  const found: Bench['found'] = { finding, damage: null }
  const [recorded, renewed]: [unknown[], string[]] = [[], []]
  const conditions = new Conditions({ nowUs: () => 7 })
  const healing = new Healing({
    name: NAME,
    folder,
    thread: {
      fetchParts: async (lost) => await Promise.resolve((change.fetched ?? ((all) => fromWhole(folder, all)))(lost)),
      renew: async (why) => {
        renewed.push(why)
        const { ledger, rebuilt, failed } = openOrRebuild(
          { addon, file: folder.ledger, contracts: shippedContracts },
          why,
        )
        ledger.close()
        return await Promise.resolve({ rebuilt, failed } satisfies LedgerIdentity['opened'])
      },
      event: async (...event) => {
        recorded.push(event.slice(0, 3))
        const none = { cameTo: null, hash: null, refused: null, reason: null }
        return await Promise.resolve({ outcome: change.outcome ?? 'accepted', index: 1, ...none })
      },
    },
    record: {
      get finding() {
        return found.finding
      },
      get damage() {
        return found.damage
      },
      healed: () => void (found.finding = null),
    },
    others: () => [other],
    afterMs: 3_600_000,
    log: pino({ level: 'silent' }),
    onCondition: conditions.set,
    nowUs: () => 7,
    onChange: () => undefined,
    ...change,
  })
  onTestFinished(async () => await healing.close())
  return { healing, conditions, recorded, renewed, found }
}

const codes = ({ conditions }: Bench): string[] => conditions.all().map(({ code }) => code)

test('a lost payload is fetched, the ledger made anew, the event recorded, and what was damaged kept', async () => {
  const folder = damaged()
  const one = bench(folder)
  await one.healing.heal('Ada')
  expect(one.healing.state).toMatchObject({ state: 'healed', lost: 1, fetched: 1, from: ['gw-2'], reason: null })
  expect(one.renewed).toEqual(['the stored reading'])
  const body = { foundAtUs: 5, entry: 9, payloads: 1, entries: 0, logRows: 0, from: [other.actor] }
  expect(one.recorded).toEqual([['record.healed', body]])
  expect(codes(one)).toEqual(['record-repaired'])
  const [file] = readdirSync(folder.evidence)
  const kept = JSON.parse(readFileSync(`${folder.evidence}/${file ?? ''}`, 'utf8')) as {
    lost: { part: string }[]
    finding: unknown
  }
  expect([kept.finding, kept.lost[0]?.part]).toEqual([finding, expect.stringMatching(/^payload /)])
})

test('by itself it waits until the change has been shown, and a person may be faster', async () => {
  const one = bench(damaged(), { afterMs: 50 })
  one.healing.checked()
  one.healing.checked()
  expect(one.healing.state.state).toBe('none')
  await expect.poll(() => one.healing.state.state, { timeout: 20_000 }).toBe('healed')
  expect(one.renewed).toHaveLength(1)
})

test('a record without a change is looked through and left as it is', async () => {
  const one = bench(copied())
  one.found.finding = null
  await one.healing.heal()
  expect([one.healing.state.state, one.renewed, codes(one)]).toEqual(['none', [], []])
})

test('a change that follows from the entries is made good without any other gateway', async () => {
  const one = bench(copied(), { others: () => [] })
  await one.healing.heal()
  expect([one.healing.state.state, one.renewed, one.recorded]).toEqual(['healed', ['the stored reading'], []])
})

test('says why it could not be done, and tries again by itself where that may help', async () => {
  const missing = (lost: readonly LostPart[]): PartsFetched => ({
    missing: [{ part: lost[0] as LostPart, why: 'nobody-reachable' }],
    from: [],
    error: null,
  })
  for (const [change, reason, isTriedAgain] of [
    [{ others: () => [] }, 'alone', false],
    [{ fetched: missing }, 'nobody-reachable', true],
    [{ fetched: () => ({ missing: [], from: [], error: 'recording has ended' }) }, 'failed', true],
  ] as const) {
    const one = bench(damaged(), change)
    await one.healing.heal()
    expect([one.healing.state.state, one.healing.state.reason]).toEqual(['not-healed', reason])
    expect(one.healing.state.nextAtUs !== null).toBe(isTriedAgain)
    expect([codes(one), one.renewed]).toEqual([['repair-failed'], []])
  }
})

/** Flips one bit on the last page of a table. */
function flipPage(folder: GatewayFolder, table: string): void {
  const database = openChecked(folder.ledger, { readonly: true })
  const page = database.prepare('SELECT max(pageno) FROM dbstat WHERE name = ?').pluck().get(table) as number
  database.close()
  const bytes = readFileSync(folder.ledger)
  const at = page * 8_192 - 100
  bytes[at] = (bytes[at] as number) ^ 1
  writeFileSync(folder.ledger, bytes)
}

test('what only this gateway had is named, and the recording is never stopped for it', async () => {
  for (const table of ['meta', 'checkpoint', 'refusal', 'own_incarnation', 'queue', 'cosigned']) {
    const folder = copied()
    flipPage(folder, table)
    const one = bench(folder)
    await one.healing.heal()
    const { state, reason, nextAtUs, detail } = one.healing.state
    expect([table, state, reason, nextAtUs]).toEqual([table, 'not-healed', 'damaged-otherwise', null])
    expect([one.renewed, detail]).toEqual([[], expect.stringMatching(new RegExp(`${table}|promised`))])
    // Its check goes on finding the same: it is not tried again by itself.
    one.healing.checked()
    expect(one.healing.state.nextAtUs).toBe(null)
  }
})

test('a repair that changed nothing is none: what was written with good page digests is not carried over', async () => {
  const folder = copied()
  const database = openChecked(folder.ledger, {})
  database.exec("UPDATE checkpoint SET text = text || ' ' WHERE size = (SELECT max(size) FROM checkpoint)")
  database.close()
  const one = bench(folder)
  await one.healing.heal()
  expect(one.healing.state).toMatchObject({ state: 'not-healed', reason: 'damaged-otherwise' })
  expect(one.found.finding).not.toBe(null)
})

test('a repair that was cut off after the ledger was made anew is told to its end by the next start', async () => {
  const folder = damaged()
  const first = bench(folder, { outcome: 'not-signed' })
  await first.healing.heal()
  // As if the process had ended there.
  expect([first.healing.state.state, existsSync(folder.repair)]).toEqual(['healed', true])
  await first.healing.close()
  const [kept] = readdirSync(folder.evidence)
  const before = readFileSync(`${folder.evidence}/${kept ?? ''}`)
  const second = bench(folder)
  second.healing.start()
  await expect.poll(() => second.healing.state.state, { timeout: 20_000 }).toBe('healed')
  expect(second.renewed).toEqual([])
  expect(second.recorded).toMatchObject([['record.healed', { payloads: 1, from: [other.actor] }]])
  expect(readFileSync(`${folder.evidence}/${kept ?? ''}`)).toEqual(before)
  expect([second.found.finding, existsSync(folder.repair)]).toEqual([null, false])
})

test('a repair of tables alone notes nothing that a cut could leave behind', async () => {
  const folder = copied()
  const noted: boolean[] = []
  const one = bench(folder, {
    thread: {
      fetchParts: async (lost) => await Promise.resolve(fromWhole(folder, lost)),
      renew: async () => {
        noted.push(existsSync(folder.repair))
        return await Promise.reject(new Error('cut off'))
      },
      event: async () => await Promise.reject(new Error('never')),
    },
  })
  await one.healing.heal()
  expect(one.healing.state).toMatchObject({ state: 'not-healed', reason: 'failed' })
  expect(noted).toEqual([false])
})

test('a repair that was cut off before the ledger was made anew is done again', async () => {
  const folder = damaged()
  const first = bench(folder)
  first.healing.start()
  await first.healing.heal()
  const renewed = first.renewed.length
  const other = damaged()
  writeFileSync(other.repair, JSON.stringify({ foundAtUs: 1, entry: 1, payloads: 1, entries: 0, logRows: 0, from: [] }))
  const second = bench(other)
  second.healing.start()
  await expect.poll(() => second.healing.state.state, { timeout: 20_000 }).toBe('healed')
  expect([renewed, second.renewed.length]).toEqual([1, 1])
})

test('an alarm over a repair ends when nothing stands found any more', async () => {
  const missing = (lost: readonly LostPart[]): PartsFetched => ({
    missing: [{ part: lost[0] as LostPart, why: 'nobody-reachable' }],
    from: [],
    error: null,
  })
  const one = bench(damaged(), { fetched: missing })
  await one.healing.heal()
  expect(one.conditions.has('repair-failed', NAME)).toBe(true)
  one.found.finding = null
  one.healing.checked()
  expect([one.conditions.has('repair-failed', NAME), one.healing.state.state]).toEqual([false, 'none'])
})

test('a disk that is too full for the ledger to be made anew is said to be, and it is tried again', async () => {
  const folder = damaged()
  const one = bench(folder, {
    thread: {
      fetchParts: async (lost) => await Promise.resolve(fromWhole(folder, lost)),
      renew: async () => await Promise.reject(new GatewayError('disk_full', 'the disk is full', 'Free space.')),
      event: async () => await Promise.reject(new Error('never')),
    },
  })
  await one.healing.heal()
  expect(one.healing.state).toMatchObject({ state: 'not-healed', reason: 'no-room' })
  expect(one.healing.state.nextAtUs).not.toBe(null)
  expect(existsSync(folder.repair)).toBe(false)
})

async function runRepair(folder: GatewayFolder): Promise<{ status: number; text: string; document: unknown }> {
  const invocation = invocationOf(repair, ['--data', folder.root])
  if (invocation === 'help') throw new Error('help was printed')
  let document: unknown = null
  const said: string[] = []
  const status = await repair.run({
    ...invocation,
    print: (printed) => void (document = printed),
    say: (line) => void said.push(line),
  })
  return { status, text: said.join('\n'), document }
}

test('plumbline repair on a stopped gateway: nothing to do, made anew, or what needs others by name', async () => {
  const whole = await runRepair(copied())
  expect([whole.status, whole.text]).toEqual([0, `${NAME}: nothing to do, its record is whole.`])
  const broken = damagedEntry()
  const lost = await runRepair(broken.folder)
  expect(lost.status).toBe(1)
  expect(lost.text).toMatch(
    /NOT HEALED: its disk lost what only other gateways have\..*\n {2}the readings of entry \d+$/,
  )
  expect(lost.text).toContain(`the readings of entry ${broken.entry}`)
  expect(lost.document).toMatchObject({ healed: false, gateways: [{ result: 'not-healed', by: 'command', lost: 1 }] })
  const folder = copied()
  const database = openChecked(folder.ledger, {})
  database.exec('UPDATE seal SET readings = readings + 1 WHERE height = 2')
  database.close()
  const derived = await runRepair(folder)
  expect([derived.status, derived.text]).toEqual([
    0,
    `${NAME}: healed. Everything that follows from the entries was made anew.`,
  ])
})
