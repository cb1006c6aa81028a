import { EventEmitter } from 'node:events'
import {
  DataChangeNotification,
  DataType,
  DataValue,
  NotificationMessage,
  StatusCodes,
  Variant,
  type ClientSession,
  type OPCUAClient,
  type StatusCode,
} from 'node-opcua'
import { describe, expect, test } from 'vitest'
import { QUALITY } from '../../../src-main/wire/quality.ts'
import type { OpcuaSource } from '../../../src-main/acquisition/config.ts'
import type { OpcuaEvents } from '../../../src-main/acquisition/drivers/opcua/binding.ts'
import { clientOptions } from '../../../src-main/acquisition/drivers/opcua/node-opcua-binding.ts'
import { NodeOpcuaSession } from '../../../src-main/acquisition/drivers/opcua/node-opcua-session.ts'
import type { DiskCertificateStore } from '../../../src-main/acquisition/drivers/opcua/certificate-store.ts'
import { sourceOf } from './collecting-sink.ts'

interface MonitorCall {
  nodes: string[]
  samplingMs: number
  queueSize: number
}

/** The stack's objects of one connection, as far as a session touches them. */
class FakeStack {
  readonly client = Object.assign(new EventEmitter(), { disconnect: async () => undefined })
  readonly subscription = Object.assign(new EventEmitter(), {
    publishingInterval: 500,
    maxKeepAliveCount: 1,
    monitorItems: async (items: { nodeId: string }[], parameters: { samplingInterval: number; queueSize: number }) => {
      const nodes = items.map(({ nodeId }) => nodeId)
      this.calls.push({ nodes, samplingMs: parameters.samplingInterval, queueSize: parameters.queueSize })
      return { monitoredItems: nodes.slice(0, this.answers).map((node) => this.#item(node, parameters)) }
    },
  })
  readonly session = Object.assign(new EventEmitter(), {
    createSubscription2: async (options: object) => {
      this.subscriptions.push(options)
      return this.subscription
    },
    readNamespaceArray: async () => {
      if (this.fault !== null) throw this.fault
      return ['http://opcfoundation.org/UA/']
    },
    read: async () => ({ value: { value: this.itemsPerCall } }),
    close: async () => undefined,
  })
  subscriptions: object[] = []
  calls: MonitorCall[] = []
  handles = new Map<string, number>()
  statusOf = new Map<string, StatusCode>()
  answers = Number.POSITIVE_INFINITY
  itemsPerCall = 0
  fault: Error | null = null

  #item(node: string, parameters: { samplingInterval: number }): object {
    const clientHandle = this.handles.size + 1
    this.handles.set(node, clientHandle)
    const statusCode = this.statusOf.get(node) ?? StatusCodes.Good
    return { statusCode, monitoringParameters: { ...parameters, clientHandle } }
  }

  /** A publish response; without values it is a keep-alive. */
  notify(sequenceNumber: number, ...values: [node: string, value: DataValue][]): void {
    const monitoredItems = values.map(([node, value]) => ({
      clientHandle: this.handles.get(`ns=0;${node}`) ?? 0,
      value,
    }))
    const notificationData = values.length === 0 ? [] : [new DataChangeNotification({ monitoredItems })]
    this.subscription.emit('raw_notification', new NotificationMessage({ sequenceNumber, notificationData }))
  }
}

class Told implements OpcuaEvents {
  signs = 0
  values: { tag: number; timeUs: number | null; kind: string; statusCode: number }[] = []
  missedCounts: number[] = []
  ends: string[] = []
  alive(): void {
    this.signs++
  }
  value(tag: number, timeUs: number | null, value: { kind: string }, statusCode: number): void {
    this.values.push({ tag, timeUs, kind: value.kind, statusCode })
  }
  missed(count: number): void {
    this.missedCounts.push(count)
  }
  ended(reason: string): void {
    this.ends.push(reason)
  }
}

function sourceWith(count: number, more: object = {}, kind = 'float'): OpcuaSource {
  return sourceOf<OpcuaSource>({
    id: 's',
    name: 'S',
    driver: 'opcua',
    endpoint: 'opc.tcp://h:1',
    publishingIntervalMs: 500,
    ...more,
    tags: Array.from({ length: count }, (_, index) => ({
      id: `t${index}`,
      label: 'T',
      unit: '1',
      kind,
      address: { node: `i=${index + 1}` },
    })),
  })
}

async function start(stack: FakeStack, source: OpcuaSource): Promise<{ session: NodeOpcuaSession; told: Told }> {
  const told = new Told()
  const session = await NodeOpcuaSession.start(
    source,
    stack.client as unknown as OPCUAClient,
    stack.session as unknown as ClientSession,
    told,
  )
  return { session, told }
}

const itemsOf = (source: OpcuaSource) => source.tags.map((config, tag) => ({ tag, config }))
const float = (value: number, statusCode = StatusCodes.Good, sourceTimestamp = new Date(1_790_000_000_000)) =>
  new DataValue({ value: new Variant({ dataType: DataType.Double, value }), statusCode, sourceTimestamp })

describe('monitored items', () => {
  test('are made in groups as large as the server allows, in one subscription for all of them', async () => {
    const stack = new FakeStack()
    stack.itemsPerCall = 400
    const source = sourceWith(1000)
    const { session } = await start(stack, source)
    expect(await session.monitor(itemsOf(source))).toEqual([])
    expect(stack.subscriptions).toHaveLength(1)
    expect(stack.calls.slice(1).map(({ nodes }) => nodes.length)).toEqual([400, 400, 200])
  })

  test('are made in groups of 1000 where the server has no limit, with room for four publishing intervals', async () => {
    const stack = new FakeStack()
    const source = sourceWith(1500, { samplingIntervalMs: 50 })
    const { session } = await start(stack, source)
    await session.monitor(itemsOf(source))
    expect(stack.calls.slice(1).map(({ nodes, queueSize }) => [nodes.length, queueSize])).toEqual([
      [1000, 40],
      [500, 40],
    ])
  })

  test('the server says nothing about are told as not taken', async () => {
    const stack = new FakeStack()
    const source = sourceWith(2)
    const { session } = await start(stack, source)
    stack.answers = 1
    expect(await session.monitor(itemsOf(source))).toMatchObject([
      { tag: 1, statusCode: QUALITY.badDataUnavailable, reason: expect.stringContaining('fewer items') },
    ])
  })
})

describe('signs of life', () => {
  test('come with every publishing interval, however slowly the tags are sampled', async () => {
    const stack = new FakeStack()
    const { session } = await start(stack, sourceWith(1, { samplingIntervalMs: 10_000 }))
    expect(stack.calls[0]).toMatchObject({ nodes: ['i=2258'], samplingMs: 500 })
    expect(stack.subscriptions[0]).toMatchObject({ requestedMaxKeepAliveCount: 1 })
    expect(session.signOfLifeMs).toBe(500)
  })

  test("are the server's keep-alives where its time cannot be monitored", async () => {
    const stack = new FakeStack()
    stack.statusOf.set('i=2258', StatusCodes.BadNodeIdUnknown)
    stack.subscription.maxKeepAliveCount = 10
    const { session } = await start(stack, sourceWith(1))
    expect(session.signOfLifeMs).toBe(5000)
  })
})

describe('notifications', () => {
  async function monitoring(kind = 'float'): Promise<{ stack: FakeStack; told: Told }> {
    const stack = new FakeStack()
    const source = sourceWith(3, {}, kind)
    const { session, told } = await start(stack, source)
    await session.monitor(itemsOf(source))
    return { stack, told }
  }

  test.each([
    ['one after the other', [[1, 2, 3]], []],
    ['with keep-alives, which name the next number and consume none', [[1], 'keep-alive 2', [2, 3]], []],
    ['with a number left out', [[1, 3]], [1]],
    ['with a keep-alive that names a later number', [[1], 'keep-alive 4'], [2]],
    ['around the end of the numbers', [[0xffff_fffe, 0xffff_ffff, 1, 2]], []],
    ['with a number that comes again', [[5, 5]], [1]],
  ])('%s', async (_, messages, missed) => {
    const { stack, told } = await monitoring()
    for (const message of messages)
      if (typeof message === 'string') stack.notify(Number(message.split(' ')[1]))
      else for (const sequence of message) stack.notify(sequence, ['i=1', float(sequence)])
    expect(told.missedCounts).toEqual(missed)
  })

  test('give every value, also behind one that cannot be read', async () => {
    const { stack, told } = await monitoring('text')
    const text = (value: string) =>
      new DataValue({ value: new Variant({ dataType: DataType.String, value }), statusCode: StatusCodes.Good })
    const broken = text('')
    broken.value = { dataType: DataType.DateTime, arrayType: 0, value: new Date(Number.NaN) } as unknown as Variant
    stack.notify(1, ['i=1', text('a')], ['i=2', broken], ['i=3', text('c')])
    expect(told.values.map(({ tag, kind, statusCode }) => [tag, kind, statusCode])).toEqual([
      [0, 'text', 0],
      [1, 'null', QUALITY.badDecodingError],
      [2, 'text', 0],
    ])
  })

  test("keep the server's status where it is bad already, whatever type stands beside it", async () => {
    const { stack, told } = await monitoring('integer')
    stack.notify(1, ['i=1', float(0.5, StatusCodes.BadSensorFailure)], ['i=2', float(0.5)])
    expect(told.values.map(({ kind, statusCode }) => [kind, statusCode])).toEqual([
      ['null', StatusCodes.BadSensorFailure.value],
      ['null', QUALITY.badTypeMismatch],
    ])
  })
})

describe('the end of a session', () => {
  test('is a lost connection, whatever becomes of a subscription whose id a restarted server gives out again', async () => {
    const stack = new FakeStack()
    const { told } = await start(stack, sourceWith(1))
    stack.client.emit('connection_lost')
    stack.client.emit('close')
    stack.notify(1)
    expect(told.ends).toEqual(['the connection was lost'])
    expect(told.signs).toBe(0)
  })

  test('that could not begin is told by its rejection only, not to the next session', async () => {
    const stack = new FakeStack()
    stack.fault = new Error('BadTooManyOperations')
    const told = new Told()
    const starting = NodeOpcuaSession.start(
      sourceWith(1),
      stack.client as unknown as OPCUAClient,
      stack.session as unknown as ClientSession,
      told,
    )
    await expect(starting).rejects.toThrow('BadTooManyOperations')
    stack.client.emit('close')
    stack.notify(1)
    expect(told).toEqual(new Told())
  })
})

describe('the stack', () => {
  const store = {
    manager: { privateKey: '/nowhere' },
    own: { fingerprint: '', file: '/nowhere' },
    applicationUri: 'urn:x',
  } as unknown as DiskCertificateStore

  test('is told to keep sessions for 60 s with a sign of life every 5 s', () => {
    expect(clientOptions(store)).toMatchObject({
      requestedSessionTimeout: 60_000,
      keepSessionAlive: true,
      keepAliveInterval: 5000,
    })
  })

  test('is given limits for messages, which it does not set itself', () => {
    expect(clientOptions(store).transportSettings).toMatchObject({
      maxMessageSize: 16 * 1024 * 1024,
      maxChunkCount: 512,
    })
  })

  test('does not reconnect by itself', () => {
    expect(clientOptions(store).connectionStrategy).toMatchObject({ maxRetry: 0 })
  })
})
