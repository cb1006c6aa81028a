/** Readings made durable on three gateways: separate processes, real TLS and fsync, every replica verifying and hashing each. */
import { setTimeout as sleep } from 'node:timers/promises'
import { measureChecks } from './checks.ts'
import { figure, quantile } from './figure.ts'
import { PlantOfThree } from '../support/load/plant-of-three.ts'

const WARM_UP_MS = 4_000
const MEASURE_MS = 15_000

export async function measureReplication(): Promise<void> {
  for (const batchesInFlight of [8, 1]) {
    const plant = await PlantOfThree.start(50)
    try {
      plant.tell({ type: 'begin', batchesInFlight })
      await sleep(WARM_UP_MS)
      const before = await plant.figures()
      const diskBefore = plant.diskBytes()
      const startedMs = performance.now()
      await sleep(MEASURE_MS)
      const after = await plant.figures()
      const seconds = (performance.now() - startedMs) / 1000
      const readings = after.reduce((sum, one) => sum + one.acknowledged, 0)
      const latencies = after.flatMap((one) => one.latenciesMs)
      const cpu = after.reduce((sum, one, i) => sum + one.cpuSeconds - (before[i]?.cpuSeconds ?? 0), 0)
      const suffix = batchesInFlight === 8 ? '' : '_one_batch_in_flight'
      const conditions = { batch: 500, batches_in_flight_per_gateway: batchesInFlight, seconds: Math.round(seconds) }
      figure(`replicated_readings_per_second_3_gateways${suffix}`, readings / seconds, 'readings/s', conditions)
      figure(`acknowledgement_p50${suffix}`, quantile(latencies, 0.5), 'ms', conditions)
      figure(`acknowledgement_p99${suffix}`, quantile(latencies, 0.99), 'ms', conditions)
      figure(`cpu_seconds_per_million_readings${suffix}`, (cpu / readings) * 1e6, 's', { ...conditions, gateways: 3 })
      figure(
        `peak_memory_per_gateway${suffix}`,
        Math.max(...after.map((one) => one.peakRssBytes)) / 2 ** 20,
        'MiB',
        conditions,
      )
      figure(`disk_bytes_per_reading${suffix}`, (plant.diskBytes() - diskBefore) / readings, 'bytes', conditions)
    } finally {
      await plant.stop()
      if (batchesInFlight === 1) measureChecks(plant.ledgers[0] as string)
      plant.remove()
    }
  }
}
