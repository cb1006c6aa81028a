/** Run as a program of its own: connects, is refused, meets an unknown server; standard output must stay empty. */
import { setTimeout as sleep } from 'node:timers/promises'
import { sourcesSchema } from '../../src-main/acquisition/config.ts'
import { Recording, until } from './acquisition-plant.ts'

const [endpoint = '', folder = ''] = process.argv.slice(2)
const tags = [
  { id: 'time', label: 'Time', unit: '1', kind: 'text', address: { node: 'i=2258' } },
  { id: 'none', label: 'None', unit: '1', kind: 'float', address: { node: 'ns=9;s=none' } },
]
const source = (id: string, url: string) => ({ id, name: id, driver: 'opcua', endpoint: url, tags })

const recording = new Recording(
  sourcesSchema.parse([source('real', endpoint), source('absent', 'opc.tcp://127.0.0.1:9')]),
  folder,
)
await until(() => recording.state('real')?.state === 'untrusted', 'untrusted')
await until(() => recording.state('absent')?.reason.includes('ECONNREFUSED') === true, 'refused')
await recording.acquisition.trust('real', recording.acquisition.certificate('real')?.fingerprint ?? '', 'trust')
await until(() => recording.readings.some(({ value }) => value.kind === 'text'), 'readings')
await sleep(300)
await recording.acquisition.stop()
