import { describe, expect, it } from 'vitest'
import { scopeOf } from '../../../src-main/endpoints/channel-paths.ts'
import { eventNames } from '../../../src-main/endpoints/events.ts'
import { openApiDocument } from '../../../src-main/endpoints/openapi.ts'
import { endpointNames, endpoints } from '../../../src-main/endpoints/table.ts'
import { type Endpoint } from '../../../src-main/endpoints/endpoint.ts'

const all = Object.entries<Endpoint>(endpoints)

describe('the table of endpoints', () => {
  it('names each method and path once', () => {
    const keys = all.map(([, endpoint]) => `${endpoint.method} ${endpoint.path}`)
    expect(new Set(keys).size).toBe(keys.length)
  })

  it('declares exactly the parameters that stand in each path', () => {
    for (const [name, endpoint] of all) {
      const inPath = [...endpoint.path.matchAll(/\{\+?(\w+)\}/g)].map((match) => match[1]).toSorted()
      expect(Object.keys(endpoint.params?.shape ?? {}).toSorted(), name).toEqual(inPath)
    }
  })

  it('takes no text into an event that the ledger would refuse', () => {
    const acknowledge = (reason: string): boolean => endpoints.acknowledgeChange.body.safeParse({ reason }).success
    expect(acknowledge('ü'.repeat(512))).toBe(true)
    expect(acknowledge('ü'.repeat(513))).toBe(false)
    expect(acknowledge('seen \ud800')).toBe(false)
    const link = (name: string): boolean => endpoints.signInLink.body.safeParse({ name }).success
    expect(link('Ada')).toBe(true)
    for (const name of ['Ada \ud800', 'Ada\u001b[2J', 'Ada\n', 'Ada \u202e']) expect(link(name)).toBe(false)
  })

  it('puts a path before every path that would swallow it', () => {
    const pattern = (path: string) =>
      new RegExp(`^${path.replaceAll(/\{\+\w+\}/g, '.+').replaceAll(/\{\w+\}/g, '[^/]+')}$`)
    const sample = (path: string) => path.replaceAll(/\{\+?\w+\}/g, 'x')
    for (const [later, endpoint] of all) {
      for (const [earlier, before] of all) {
        if (earlier === later) break
        if (before.method === endpoint.method)
          expect(pattern(before.path).test(sample(endpoint.path)), `${earlier} swallows ${later}`).toBe(false)
      }
    }
  })

  it('lets nobody write without a sign-in except to sign in', () => {
    const open = all.filter(
      ([, { method, access }]) => method !== 'GET' && (access === 'open' || access === 'open-loopback'),
    )
    expect(open.map(([name]) => name)).toEqual(['signIn'])
  })

  it('refuses an empty number in a query instead of reading it as 0', () => {
    const query = endpoints.blocks.query
    expect(query.parse({ before: '12', limit: 5 })).toEqual({ before: 12, limit: 5 })
    expect(query.safeParse({ before: '' }).success).toBe(false)
    expect(query.safeParse({ before: '1e3' }).success).toBe(false)
    expect(query.safeParse({ limit: '501' }).success).toBe(false)
  })

  it('takes one to eight streams in a series and no ninth', () => {
    const stream = '0123456789abcdef'.repeat(2)
    const parse = (count: number) =>
      endpoints.series.query.safeParse({
        streams: Array.from({ length: count }, () => stream).join(','),
        fromUs: 0,
        toUs: 1,
      })
    expect(parse(8).data?.streams).toHaveLength(8)
    expect(parse(9).success).toBe(false)
    expect(parse(0).success).toBe(false)
  })

  it('signs in by link or by name, never by a mixture', () => {
    const { body } = endpoints.signIn
    expect(body.safeParse({ code: 'abc' }).success).toBe(true)
    expect(body.safeParse({ name: 'A. Berger', passphrase: 'x' }).success).toBe(true)
    expect(body.safeParse({ code: 'abc', name: 'A. Berger', passphrase: 'x' }).success).toBe(false)
  })
})

describe('the OpenAPI document', () => {
  const document = openApiDocument() as {
    openapi: string
    paths: Record<string, Record<string, { operationId: string; responses: object }>>
  }
  const operations = Object.values(document.paths).flatMap((path) => Object.values(path))

  it('has one operation for each endpoint', () => {
    expect(document.openapi).toBe('3.1.1')
    const ids = operations.map((operation) => operation.operationId)
    expect(ids.filter((id) => !id.endsWith('OfChannel')).toSorted()).toEqual(endpointNames.toSorted())
  })

  it('has each call about a channel once more, with the channel in its path', () => {
    const ids = operations.map((operation) => operation.operationId).filter((id) => id.endsWith('OfChannel'))
    const ofChannel = endpointNames.filter((name) => scopeOf(endpoints[name]) !== 'gateway')
    expect(ids.toSorted()).toEqual(ofChannel.map((name) => `${name}OfChannel`).toSorted())
    expect(document.paths['/api/c/{channel}/status']?.['get']?.operationId).toBe('statusOfChannel')
    expect(document.paths['/c/{channel}/tile/{level}/{index}']?.['get']?.operationId).toBe('tileOfChannel')
    expect(document.paths['/api/c/{channel}/people']).toBeUndefined()
  })

  it('says which calls can be refused for the role', () => {
    const refusable = operations
      .filter((operation) => '403' in operation.responses)
      .map((operation) => operation.operationId)
      .filter((id) => !id.endsWith('OfChannel'))
    expect(refusable.toSorted()).toEqual([
      'acknowledgeAlarms',
      'acknowledgeChange',
      'confirmClock',
      'endPerson',
      'enrolOnLedger',
      'enrolPerson',
      'enrolledPeople',
      'issueCertificate',
      'proposePack',
      'recoverPerson',
      'repair',
      'resetPerson',
      'rotateKey',
      'say',
      'shelveAlarm',
      'signEvent',
      'signInLink',
      'trustSource',
      'unshelveAlarm',
    ])
  })

  it('names every event', () => {
    const text = JSON.stringify(document.paths['/api/events'])
    for (const name of eventNames) expect(text).toContain(`data of event \`${name}\``)
  })
})
