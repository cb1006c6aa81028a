import {
  AttributeIds,
  DataChangeFilter,
  DataChangeTrigger,
  DataChangeNotification,
  DeadbandType,
  resolveNodeId,
  TimestampsToReturn,
  type ClientMonitoredItemBase,
  type ClientSession,
  type ClientSubscription,
  type DataValue,
  type NotificationMessage,
  type OPCUAClient,
} from 'node-opcua'
import { QUALITY, qualityClass } from '../../../wire/quality.ts'
import type { Value } from '../../../wire/reading.ts'
import type { OpcuaSource } from '../../config.ts'
import { messageOf } from '../../../wire/plumbline-error.ts'
import { within } from '../backoff.ts'
import type { OpcuaEvents, OpcuaItem, OpcuaSession, RejectedItem } from './binding.ts'
import { sourceTimeUsOf, valueOfVariant } from './values.ts'

const REQUEST_TIMEOUT_MS = 10_000
const CLOSE_TIMEOUT_MS = 2000
/** Items in one call, unless the server allows fewer. */
const ITEMS_PER_CALL_MAX = 1000
const MAX_ITEMS_PER_CALL_NODE = 'i=11714'
/** Server_ServerStatus_CurrentTime: changes all the time, so that silence means a frozen server and not constant values. */
const HEARTBEAT_NODE = 'i=2258'
const QUEUE_SIZE_MIN = 10
/** Info bits of a StatusCode: "info type is DataValue" and its overflow bit, OPC UA Part 4, 7.38. */
const OVERFLOW_MASK = 0x0480
const NOT_ANSWERED = 'the server answered about fewer items than it was asked for'
const NULL_VALUE: Value = { kind: 'null' }
const SEQUENCE_NUMBER_MAX = 0xffff_ffff

type Handler = (dataValue: DataValue) => void

/** One session with one subscription for all items of a source. */
export class NodeOpcuaSession implements OpcuaSession {
  readonly #source: OpcuaSource
  readonly #client: OPCUAClient
  readonly #session: ClientSession
  readonly #subscription: ClientSubscription
  readonly #events: OpcuaEvents
  readonly #handlers = new Map<number, Handler>()
  /** Values of items whose handle is not known yet, because the answer to creating them came in the same packet. */
  #early: { handle: number; dataValue: DataValue }[] = []
  #creating = 0
  #lastSequence: number | null = null
  #itemsPerCall = ITEMS_PER_CALL_MAX
  #namespaces: string[] = []
  #heartbeatMs = Number.POSITIVE_INFINITY
  #over = false

  private constructor(
    source: OpcuaSource,
    client: OPCUAClient,
    session: ClientSession,
    subscription: ClientSubscription,
    events: OpcuaEvents,
  ) {
    this.#source = source
    this.#client = client
    this.#session = session
    this.#subscription = subscription
    this.#events = events
    for (const event of ['connection_lost', 'abort', 'close'] as const)
      client.on(event, () => this.#end('the connection was lost'))
    session.on('session_closed', () => this.#end('the server closed the session'))
    session.on('keepalive_failure', () => this.#end('the server did not answer a sign of life'))
    subscription.on('terminated', () => this.#end('the server ended the subscription'))
    subscription.on('internal_error', (error: Error) => this.#end(messageOf(error)))
    subscription.on('status_changed', (status) => this.#end(`the server ended the subscription: ${status.name}`))
    subscription.on('raw_notification', (message: NotificationMessage) => this.#take(message))
  }

  /** Creates the subscription and its heartbeat. */
  static async start(
    source: OpcuaSource,
    client: OPCUAClient,
    session: ClientSession,
    events: OpcuaEvents,
  ): Promise<NodeOpcuaSession> {
    const subscription = await within(
      session.createSubscription2({
        requestedPublishingInterval: source.publishingIntervalMs,
        requestedLifetimeCount: Math.max(60, Math.ceil(60_000 / source.publishingIntervalMs)),
        // A server whose time cannot be monitored then still gives a sign of life with every publishing interval.
        requestedMaxKeepAliveCount: 1,
        maxNotificationsPerPublish: 0,
        publishingEnabled: true,
        priority: 10,
      }),
      REQUEST_TIMEOUT_MS,
      `no subscription within ${REQUEST_TIMEOUT_MS} ms`,
    )
    const started = new NodeOpcuaSession(source, client, session, subscription, events)
    try {
      await started.#readLimits()
      await started.#startHeartbeat()
      return started
    } catch (error) {
      // Its listeners would tell the next session's owner of the end of this one.
      await started.close()
      throw error
    }
  }

  get publishingIntervalMs(): number {
    return this.#subscription.publishingInterval
  }

  get signOfLifeMs(): number {
    const keepAliveMs = this.publishingIntervalMs * Math.max(1, this.#subscription.maxKeepAliveCount)
    return Math.min(Math.max(this.publishingIntervalMs, this.#heartbeatMs), keepAliveMs)
  }

  async monitor(items: readonly OpcuaItem[]): Promise<RejectedItem[]> {
    const rejected: RejectedItem[] = []
    for (const group of this.#groups(items)) rejected.push(...(await this.#monitorGroup(group)))
    return rejected
  }

  async close(): Promise<void> {
    this.#over = true
    this.#subscription.removeAllListeners()
    const closed = this.#session.close(true).then(() => undefined)
    await within(closed, CLOSE_TIMEOUT_MS, 'closing took too long').catch(() => undefined)
    await within(this.#client.disconnect(), CLOSE_TIMEOUT_MS, 'disconnect took too long').catch(() => undefined)
  }

  /** Items that share their parameters, in calls the server can take. */
  #groups(items: readonly OpcuaItem[]): OpcuaItem[][] {
    const alike = Map.groupBy(items, ({ config }) => `${this.#samplingMs(config)}/${config.address.deadband ?? 0}`)
    return [...alike.values()].flatMap((group) => {
      const calls: OpcuaItem[][] = []
      for (let start = 0; start < group.length; start += this.#itemsPerCall)
        calls.push(group.slice(start, start + this.#itemsPerCall))
      return calls
    })
  }

  async #monitorGroup(group: OpcuaItem[]): Promise<RejectedItem[]> {
    const rejected: RejectedItem[] = []
    const resolved = group.flatMap((item) => {
      const node = this.#resolve(item.config.address.node)
      if ('reason' in node)
        rejected.push({ tag: item.tag, statusCode: QUALITY.badConfigurationError, reason: node.reason })
      return 'nodeId' in node ? [{ item, nodeId: node.nodeId }] : []
    })
    const [first] = resolved
    if (first === undefined) return rejected
    const { config } = first.item
    const created = await this.#create(
      resolved.map(({ nodeId }) => nodeId),
      this.#samplingMs(config),
      config.address.deadband,
    )
    resolved.forEach(({ item }, position) => {
      const monitored = created[position]
      if (monitored === undefined)
        return rejected.push({ tag: item.tag, statusCode: QUALITY.badDataUnavailable, reason: NOT_ANSWERED })
      const { statusCode } = monitored
      if (statusCode.isGoodish()) this.#handlers.set(handleOf(monitored), (dataValue) => this.#emit(item, dataValue))
      else rejected.push({ tag: item.tag, statusCode: statusCode.value >>> 0, reason: statusCode.name })
    })
    this.#creating--
    this.#deliverEarly()
    return rejected
  }

  async #create(nodeIds: string[], samplingMs: number, deadband?: number): Promise<ClientMonitoredItemBase[]> {
    this.#creating++
    const group = await within(
      this.#subscription.monitorItems(
        nodeIds.map((nodeId) => ({ nodeId, attributeId: AttributeIds.Value })),
        {
          samplingInterval: samplingMs,
          discardOldest: true,
          queueSize: Math.max(QUEUE_SIZE_MIN, Math.ceil((4 * this.publishingIntervalMs) / Math.max(1, samplingMs))),
          filter:
            deadband === undefined
              ? null
              : new DataChangeFilter({
                  trigger: DataChangeTrigger.StatusValue,
                  deadbandType: DeadbandType.Absolute,
                  deadbandValue: deadband,
                }),
        },
        TimestampsToReturn.Both,
      ),
      REQUEST_TIMEOUT_MS,
      `no answer about monitored items within ${REQUEST_TIMEOUT_MS} ms`,
    )
    return group.monitoredItems
  }

  #take(message: NotificationMessage): void {
    if (this.#over) return
    this.#events.alive()
    const data = message.notificationData ?? []
    this.#checkSequence(message.sequenceNumber, data.length === 0)
    for (const notification of data) {
      if (!(notification instanceof DataChangeNotification)) continue
      for (const item of notification.monitoredItems ?? []) this.#deliver(item.clientHandle, item.value)
    }
  }

  /** A keep-alive names the number that comes next; everything else consumes one, from 1 again after 2^32-1. */
  #checkSequence(sequence: number, keepAlive: boolean): void {
    const last = this.#lastSequence
    const expected = last === null ? null : last === SEQUENCE_NUMBER_MAX ? 1 : last + 1
    if (expected !== null && sequence !== expected) this.#events.missed(Math.max(1, sequence - expected))
    this.#lastSequence = keepAlive ? sequence - 1 : sequence
  }

  #deliver(handle: number, dataValue: DataValue): void {
    const handler = this.#handlers.get(handle)
    if (handler !== undefined) handler(dataValue)
    else if (this.#creating > 0) this.#early.push({ handle, dataValue })
  }

  #deliverEarly(): void {
    const early = this.#early
    this.#early = []
    for (const { handle, dataValue } of early) this.#deliver(handle, dataValue)
  }

  #emit(item: OpcuaItem, dataValue: DataValue): void {
    const statusCode = dataValue.statusCode.value >>> 0
    const overflow = (statusCode & OVERFLOW_MASK) === OVERFLOW_MASK
    try {
      const value = valueOfVariant(dataValue.value, item.config.kind)
      const timeUs = sourceTimeUsOf(dataValue)
      if (value !== null) return this.#events.value(item.tag, timeUs, value, statusCode, overflow)
      // A server that says why it has no value may send any type beside it: its reason is the better one.
      const mismatch = qualityClass(statusCode) === 'bad' ? statusCode : QUALITY.badTypeMismatch
      this.#events.value(item.tag, timeUs, NULL_VALUE, mismatch, overflow)
    } catch {
      // The notification was acknowledged: whatever is wrong with this item, those behind it come only once.
      this.#events.value(item.tag, null, NULL_VALUE, QUALITY.badDecodingError, overflow)
    }
  }

  /** Node ids by namespace URI become ids by index, which only holds for this session. */
  #resolve(node: string): { nodeId: string } | { reason: string } {
    const named = /^nsu=([^;]+);(.+)$/.exec(node)
    try {
      if (named === null) return { nodeId: resolveNodeId(node).toString() }
      const index = this.#namespaces.indexOf(named[1] as string)
      if (index === -1)
        return { reason: `the server has no namespace ${named[1]}; it has ${this.#namespaces.join(', ')}` }
      return { nodeId: resolveNodeId(`ns=${index};${named[2]}`).toString() }
    } catch (error) {
      return { reason: messageOf(error) }
    }
  }

  async #readLimits(): Promise<void> {
    this.#namespaces = await within(this.#session.readNamespaceArray(), REQUEST_TIMEOUT_MS, 'no list of namespaces')
    const limit = await within(
      this.#session.read({ nodeId: MAX_ITEMS_PER_CALL_NODE, attributeId: AttributeIds.Value }),
      REQUEST_TIMEOUT_MS,
      'no limits',
    )
    const allowed: unknown = limit.value.value
    if (typeof allowed === 'number' && allowed > 0) this.#itemsPerCall = Math.min(allowed, ITEMS_PER_CALL_MAX)
  }

  async #startHeartbeat(): Promise<void> {
    // Not at the source's sampling interval: slow tags would make a healthy server look frozen.
    const [item] = await this.#create([HEARTBEAT_NODE], this.publishingIntervalMs)
    if (item?.statusCode.isGoodish() === true) {
      this.#handlers.set(handleOf(item), () => undefined)
      this.#heartbeatMs = item.monitoringParameters.samplingInterval
    }
    this.#creating--
    this.#early = []
  }

  #samplingMs(config: OpcuaItem['config']): number {
    return config.address.samplingIntervalMs ?? this.#source.samplingIntervalMs ?? this.#source.publishingIntervalMs
  }

  #end(reason: string): void {
    if (this.#over) return
    this.#over = true
    this.#events.ended(reason)
  }
}

function handleOf(item: ClientMonitoredItemBase): number {
  return item.monitoringParameters.clientHandle
}
