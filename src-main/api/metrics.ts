/** The gateway's figures for monitoring, in Prometheus' names: base units, `_total` for what only grows. */
import { Gauge, type Registry } from 'prom-client'
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
  const ledger = (): Gateway['ledger'] => gateway.ledger
  gauge(
    'integrity_verdict',
    'State of the record: 0 unchanged, 1 cannot tell yet, 2 changed',
    () => VERDICT_NUMBER[gateway.status?.integrity.verdict ?? 'cannot-tell'],
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
  gauge(
    'sources_live',
    'Sources that deliver',
    () => gateway.config.sources.filter((source) => gateway.sourceState(source.id)?.state === 'live').length,
  )
  gauge('sources', 'Configured sources', () => gateway.config.sources.length)
}
