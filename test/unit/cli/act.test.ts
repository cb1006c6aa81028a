import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { approve, decline, pending } from '../../../src-main/cli/act.ts'
import { event } from '../../../src-main/cli/event.ts'
import { key } from '../../../src-main/cli/key.ts'
import { person } from '../../../src-main/cli/person.ts'
import type { Command } from '../../../src-main/cli/command.ts'
import { answeringGateway, runOn } from '../../support/answering-gateway.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const ACT = 'ab'.repeat(32)
const act = {
  act: ACT,
  type: 'key.revoked',
  proposer: 'R. Hofmann\u001b[2J',
  role: 'member-admin',
  proposedAt: 7,
  deadlineUs: 1_767_225_600_000_000,
  isOver: false,
  assets: ['VIN:1'],
  body: { reason: 'copied' },
  approvals: [{ name: 'S. Zweite', entry: 9 }],
  declines: [],
}
const said = { outcome: 'accepted', entry: 12, cameTo: 'done', act: null, refused: null, reason: null }

/** A gateway with an act that waits, which takes what is signed so; and what it was sent. */
async function gateway(answer: object = {}, acts: object[] = [act]) {
  const sent: { url: string; body: unknown }[] = []
  const data = await answeringGateway(onTestFinished, ({ method, path: url, body }) => {
    if (method === 'POST') sent.push({ url, body })
    return [200, method === 'GET' ? { gateway: 'gw-1', acts } : { ...said, ...answer }]
  })
  const secret = join(temporaryFolder(onTestFinished), 'secret')
  writeFileSync(secret, 'correct horse battery\n')
  const by = ['--as', 'S. Zweite', '--passphrase-file', secret]
  return { sent, by, run: async (command: Command, ...args: string[]) => await runOn(data, command, args) }
}

test('lists what waits, with who has had a say, and prints nothing that steers a terminal', async () => {
  const { run } = await gateway()
  const { out } = await run(pending)
  expect(out).toMatch(/^(?:ab){16} {2}key\.revoked, proposed by R\. Hofmann.*open until 2026-01-01T00:00:00\.000Z/)
  expect(out).toContain('approved by S. Zweite, entry 9')
  expect(out).not.toContain('\u001b')
  expect((await (await gateway({}, [])).run(pending)).out).toBe('No act waits for anybody.\n')
})

test('agrees by the first digits, with the assets of the act and the passphrase from the file', async () => {
  const { run, sent, by } = await gateway({ cameTo: 'done:7' })
  const { status, out } = await run(approve, ACT.slice(0, 32), ...by)
  expect([status, out]).toEqual([
    0,
    'S. Zweite: the approval is recorded as entry 12: with it the act of entry 7 is done.\n',
  ])
  expect(sent).toEqual([
    {
      url: '/api/ledger/statements',
      body: {
        as: { name: 'S. Zweite', passphrase: 'correct horse battery' },
        type: 'act.approved',
        body: { act: ACT, assets: ['VIN:1'] },
      },
    },
  ])
})

test.each([
  [{ cameTo: 'ended:declined' }, 0, /with it the act is over \(declined\)/],
  [{ outcome: 'waiting', entry: null, cameTo: null, reason: 'no majority' }, 2, /is signed and waits: no majority/],
  [
    { outcome: 'invalid', entry: null, refused: 'approves-own', reason: 'no say' },
    1,
    /refused \(approves-own\): no say/,
  ],
])('a refusal that came to %o ends with status %d', async (answer, status, text) => {
  const { run, by } = await gateway(answer)
  const ended = await run(decline, 'ababab', '--reason', 'not ours', ...by)
  expect(ended.status).toBe(status)
  expect(ended.out).toMatch(text)
})

test('what waits for others says how they agree', async () => {
  const { run, by } = await gateway({ cameTo: 'pending', act: ACT })
  const { out } = await run(key, 'revoke', '01'.repeat(16), '--reason', 'copied', '--suspect-from', '5', ...by)
  expect(out).toBe(
    `S. Zweite: the revocation of key ${'01'.repeat(16)} is recorded as entry 12, and takes effect once others have agreed.\nOthers agree by: plumbline approve ${ACT.slice(0, 32)} --as NAME\n`,
  )
})

test('a type that only people sign is signed with --as, and refused without', async () => {
  const { run, sent, by } = await gateway()
  const body = join(temporaryFolder(onTestFinished), 'policy.json')
  writeFileSync(body, '{"approvals":1,"openDays":14}')
  await run(event, 'sign', '--type', 'act.ended', '--body', body, ...by)
  expect(sent[0]).toMatchObject({ url: '/api/ledger/statements', body: { type: 'act.ended' } })
  await expect(run(event, 'sign', '--type', 'act.ended', '--body', body)).rejects.toThrow(
    /nobody can have "act.ended" signed/,
  )
})

test.each<[Command, string[], RegExp]>([
  [approve, ['xyz'], /Give the first 32 digits/],
  // Another act that its proposer made may begin alike.
  [approve, ['abababababab', '--as', 'S. Zweite'], /Give the first 32 digits/],
  [decline, ['xyz', '--reason', 'no'], /Give the first 6 digits/],
  [approve, ['cd'.repeat(16), '--as', 'S. Zweite'], /no act that waits begins with cdcdcd/],
  [approve, [ACT], /say who signs: --as NAME/],
  [decline, ['ababab'], /say why/],
  [key, ['suspend', 'xyz'], /Give its 32 digits/],
  [key, ['suspend', '01'.repeat(16), '--reason', 'x', '--suspect-from', '1'], /for key revoke/],
  [person, ['sign'], /takes one name/],
])('%o %j is refused with what to say instead', async (command, args, message) => {
  const { run } = await gateway()
  await expect(run(command, ...args)).rejects.toThrow(message)
})
