import { expect, onTestFinished, test } from 'vitest'
import { key as command } from '../../../src-main/cli/key.ts'
import { answeringGateway, runOn } from '../../support/answering-gateway.ts'

const NEW = 'ab'.repeat(16)
const keys = [
  { member: 'gw-1', use: 'entry', id: '01'.repeat(16), public: '', from: 0, to: 7, here: true },
  { member: 'gw-1', use: 'entry', id: '02'.repeat(16), public: '', from: 7, to: null, here: true },
  { member: 'gw-2\u001b[2J', use: 'checkpoint', id: '03'.repeat(16), public: '', from: 0, to: null, here: false },
]

/** A gateway that has these keys and answers a rotation so. */
async function gateway(answer: object = {}) {
  const rotated = { outcome: 'accepted', entry: 9, refused: null, reason: null, key: NEW, replaces: '02'.repeat(16) }
  const data = await answeringGateway(onTestFinished, ({ method }) => [
    200,
    method === 'GET' ? { gateway: 'gw-1', keys } : { ...rotated, ...answer },
  ])
  return async (...args: string[]) => await runOn(data, command, args)
}

test('lists keys that hold, with --all those that held, and prints nothing that steers a terminal', async () => {
  const run = await gateway()
  const { out } = await run('list')
  expect(out).toMatch(/^gw-1 +entry +(02){16} {2}since entry 7, here\n.*since entry 0\n1 that hold no more/s)
  expect(out).not.toContain('\u001b')
  expect((await run('list', '--all')).out).toContain('entries 0 to 6')
})

test('says which key takes whose place, and that policies change with the keys that sign heads', async () => {
  const run = await gateway()
  expect((await run('rotate', '--use', 'entry')).out).toBe(
    `gw-1: entry key ${NEW} takes the place of ${'02'.repeat(16)} by entry 9.\n`,
  )
  expect((await run('rotate', '--use', 'checkpoint')).out).toContain('\nGive out a new policy')
})

test.each([
  [{ outcome: 'waiting', entry: null, reason: 'no majority' }, 2, { outcome: 'waiting', key: NEW }],
  [{ outcome: 'invalid', entry: null, refused: 'key-not-own' }, 1, { refused: 'key-not-own' }],
])('a rotation that is %o ends with status %d', async (answer, status, document) => {
  const run = await gateway(answer)
  const ended = await run('rotate', '--use', 'entry', '--json')
  expect([ended.status, JSON.parse(ended.out)]).toMatchObject([status, document])
})

test.each([
  [['rotate'], /say which key: --use USE/],
  [['rotate', '--use', 'tls'], /cannot be changed yet/],
  [['rotate', '--use', 'entri'], /there is no use "entri".*entry/],
  [['turn'], /say key list, or key rotate/],
])('%j is refused with what to say instead', async (args, message) => {
  const run = await gateway()
  await expect(run(...args)).rejects.toThrow(message)
})
