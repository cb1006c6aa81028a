/** The tamper drill: one byte of one replica is changed on disk while it runs, and it has to notice by itself. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freePort } from '../../src-main/cli/free-port.ts'
import { plumbline, plumblineJson, Running, until } from '../support/plumbline-process.ts'

interface GatewayStatus {
  name: string
  verdict: string
  treeSize: number
}

const VICTIM = 'gw-energy-2'
const entryIn = (output: string): string | undefined => /in a payload of entry (\d+)/.exec(output)?.[1]
const NOTICED_MS = 60_000
const folder = mkdtempSync(join(tmpdir(), 'plumbline-drill-'))
const data = join(folder, 'data')

describe('one changed byte in one replica', () => {
  let demo: Running

  beforeAll(async () => {
    demo = Running.start(['demo', '--data', data, '--port', String(await freePort()), '--drill', 'tamper'])
    await demo.line(/Drill: changed byte/, 120_000)
  })

  afterAll(async () => {
    demo.signal('SIGTERM')
    await demo.ended
    rmSync(folder, { recursive: true, force: true })
  })

  it('is found within 60 s and named; the other two go on unchanged', async () => {
    const startedMs = performance.now()
    const ask = () =>
      plumblineJson<{ verdict: string; reason: string; gateways: GatewayStatus[] }>('status', '--data', data)
    const { status, document } = await until(
      'the finding',
      NOTICED_MS,
      ask,
      (answer) => answer.document.verdict === 'changed',
    )
    console.info(
      `a changed byte was found after ${Math.round((performance.now() - startedMs) / 100) / 10} s: ${document.reason}`,
    )
    expect(status).toBe(1)
    expect(document.reason).toContain(`entry ${entryIn(demo.output)}`)
    expect(document.gateways.filter(({ verdict }) => verdict === 'unchanged')).toHaveLength(2)
    const grown = await until('growth', 20_000, ask, (answer) =>
      answer.document.gateways.every((gateway, i) => gateway.treeSize > (document.gateways[i]?.treeSize ?? 0)),
    )
    expect(grown.document.gateways.find(({ name }) => name === VICTIM)?.verdict).toBe('changed')
  })

  it('stops the cosignatures of that gateway while the others still make a quorum', async () => {
    const cosigners = async (): Promise<string[]> => {
      const text = (await plumbline('log', 'checkpoint', '--data', data, '--gateway', 'gw-fill-1')).stdout
      return [...text.matchAll(/^— \S+\/(\S+) /gm)]
        .map(([, name]) => name ?? '')
        .filter((name) => name.startsWith('gw-'))
    }
    const left = await until('a checkpoint of two', 30_000, cosigners, (names) => names.length === 2)
    expect(left).not.toContain(VICTIM)
  })

  it('bars certificates over it on that gateway; another one still issues them', async () => {
    const asset = (await plumblineJson<{ assets: { id: string }[] }>('status', '--data', data)).document.assets[0]?.id
    const issue = async (gateway: string) => {
      const out = join(folder, `${gateway}.plumb`)
      const what = ['--asset', asset ?? '', '--out', out, '--data', data, '--gateway', gateway]
      return await plumbline('certificate', 'issue', ...what)
    }
    const refused = await issue(VICTIM)
    expect(refused.status).not.toBe(0)
    expect(refused.stderr).toContain(`entry ${entryIn(demo.output)} was found changed on this gateway`)
    expect(existsSync(join(folder, `${VICTIM}.plumb`))).toBe(false)
    expect((await issue('gw-fill-1')).status).toBe(0)
  })

  it('is named by fsck, with gateway, entry, expected and actual', async () => {
    const { status, document } = await plumblineJson<{
      gateways: {
        name: string
        verdict: string
        firstBad: { entry: number; expected: string; actual: string } | null
      }[]
    }>('fsck', '--data', data)
    expect(status).toBe(1)
    const bad = document.gateways.filter(({ verdict }) => verdict === 'changed')
    expect(bad.map(({ name }) => name)).toEqual([VICTIM])
    expect(bad[0]?.firstBad?.expected).not.toBe(bad[0]?.firstBad?.actual)
  })
})
