import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { assetsOf, bodyFromJson, exampleJson } from '../../../src-main/record/events.ts'
import { answeringGateway } from '../../support/answering-gateway.ts'
import { plumbline, plumblineJson } from '../../support/plumbline-process.ts'

const TYPE = 'document.added'
const [ASSET] = assetsOf(TYPE, bodyFromJson(TYPE, exampleJson(TYPE)))

test('of a refusal for want of an asset says which one it is, and what to do', async () => {
  const refusal = { outcome: 'invalid', entry: 7, refused: 'asset-unknown', reason: 'the asset is not registered' }
  const data = await answeringGateway(onTestFinished, ({ method }) => [
    200,
    method === 'GET' ? { assets: [] } : refusal,
  ])
  const body = join(data, 'body.json')
  writeFileSync(body, JSON.stringify(exampleJson(TYPE)))
  const args = ['event', 'sign', '--type', TYPE, '--body', body, '--data', data]
  const { status, stdout } = await plumbline(...args)
  expect([status, stdout]).toEqual([
    1,
    `gw-1: ${TYPE} is refused (asset-unknown): the asset is not registered: ${ASSET}.\n` +
      'plumbline asset list says which are; plumbline asset register has one registered.\n',
  ])
  expect((await plumblineJson(...args)).document).toMatchObject({ refused: 'asset-unknown', assets: [ASSET] })
})
