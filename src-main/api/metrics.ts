/** The gateway's figures for monitoring, in Prometheus' names: base units, `_total` for what only grows. */
import { Gauge, type Registry } from 'prom-client'
import type { Channel } from '../gateway/channel.ts'
import type { Gateway } from '../gateway/gateway.ts'

const VERDICT_NUMBER = { unchanged: 0, 'cannot-tell': 1, changed: 2 } as const

export function gatewayMetrics(gateway: Gateway, registry: Registry): void {
  const gauge = (name: string, help: string, value: () => number | null): void => {
    new Gauge({
      name: `plumbline_${name}`,
      help,
      registers: [registry],
      collect() {
        const now = value()
        if (now === null) this.reset()
        else this.set(now)
      },
    })
  }
  const running = (): Channel[] => [...gateway.channels.values()]
  const ledger = (): Channel['ledger'] => running()[0]?.ledger ?? null
  gauge(
    'integrity_verdict',
    'State of the record: 0 unchanged, 1 cannot tell yet, 2 changed',
    () => VERDICT_NUMBER[running()[0]?.status?.integrity.verdict ?? 'cannot-tell'],
  )
  gauge('ledger_entries', 'Entries in the ledger tree', () => ledger()?.size ?? null)
  gauge('ledger_blocks', 'Seals in the ledger', () => ledger()?.lastSealHeight ?? null)
  gauge(
    'ledger_acknowledged_readings_total',
    'Own readings acknowledged since start',
    () => ledger()?.acknowledgedReadings ?? null,
  )
  gauge('raft_term', 'Current term', () => ledger()?.term ?? null)
  gauge('raft_is_leader', '1 while this gateway leads', () =>
    ledger() === null ? null : ledger()?.leader === gateway.name ? 1 : 0,
  )
  gauge('queue_entries', 'Signed statements that wait to be ordered', () => ledger()?.queue.entries ?? null)
  gauge('queue_bytes', 'Their size', () => ledger()?.queue.bytes ?? null)
  gauge(
    'peers_reachable',
    'Peers with a live link',
    () => ledger()?.gateways.filter((one) => !one.self && one.reachable).length ?? null,
  )
  gauge('sources_live', 'Sources that deliver', () =>
    running().reduce(
      (total, channel) =>
        total + channel.config.sources.filter(({ id }) => channel.sourceState(id)?.state === 'live').length,
      0,
    ),
  )
  gauge('sources', 'Configured sources', () => gateway.config.sources.length)
  gauge('channels', 'Channels of this gateway', () => gateway.channels.size + gateway.stopped.length)
  gauge('channels_running', 'Channels that run', () => gateway.channels.size)
  perChannel(gateway, registry)
}

/** Those above are of the gateway's first channel. */
function perChannel(gateway: Gateway, registry: Registry): void {
  const gauge = (name: string, help: string, value: (channel: Channel) => number | null): void => {
    new Gauge({
      name: `plumbline_channel_${name}`,
      help,
      labelNames: ['channel'],
      registers: [registry],
      collect() {
        this.reset()
        for (const [handle, channel] of gateway.channels) {
          const now = value(channel)
          if (now !== null) this.set({ channel: handle }, now)
        }
      },
    })
  }
  gauge(
    'integrity_verdict',
    'State of the record of a channel: 0 unchanged, 1 cannot tell yet, 2 changed',
    ({ status }) => VERDICT_NUMBER[status?.integrity.verdict ?? 'cannot-tell'],
  )
  gauge('ledger_entries', 'Entries in the ledger tree of a channel', ({ ledger }) => ledger?.size ?? null)
  gauge('queue_entries', 'Signed statements of a channel that wait', ({ ledger }) => ledger?.queue.entries ?? null)
}
