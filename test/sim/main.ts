/**
 * More seeds than every test run has, or one with its trace:
 *
 *     npm run sim -- [--seeds N] [--from S] [--world NAME] [--trace]
 *
 * Ends with 1 where anything did not hold, naming each seed.
 */
import { setImmediate as turn } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { simulate } from './simulation.ts'
import { WORLDS, type WorldName } from './worlds.ts'

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '2000' },
    from: { type: 'string', default: '1' },
    world: { type: 'string' },
    trace: { type: 'boolean', default: false },
  },
})
const seeds = count('seeds', values.seeds)
const from = count('from', values.from)
const names = Object.keys(WORLDS) as WorldName[]
const worlds = values.world === undefined ? names : names.filter((name) => name === values.world)
if (worlds.length === 0) refuse(`there is no world "${values.world}"; there are: ${names.join(', ')}`)

let failed = 0
for (const world of worlds) {
  // Every world gets its share, and at least one.
  const share = Math.ceil(seeds / worlds.length)
  const begun = performance.now()
  let comebacks = 0
  for (let seed = from; seed < from + share; seed++) {
    const report = simulate(seed, {
      ...WORLDS[world],
      ...(values.trace ? { onTrace: (line: string) => void process.stdout.write(`${line}\n`) } : {}),
    })
    comebacks += report.comebacks
    // Closed ledgers and replicas give their memory back only between turns of the event loop.
    await turn()
    if (report.failure === null) continue
    failed += 1
    process.stdout.write(`seed ${seed} of the ${world} world: ${report.failure}\n`)
  }
  const seconds = Math.round((performance.now() - begun) / 1000)
  process.stdout.write(`${world}: ${share} seeds from ${from}, ${comebacks} comebacks, ${seconds} s\n`)
}
process.stdout.write(failed === 0 ? 'everything held\n' : `${failed} seeds failed\n`)
process.exitCode = failed === 0 ? 0 : 1

function count(name: string, text: string): number {
  const number = Number(text)
  if (!Number.isSafeInteger(number) || number < 1) refuse(`--${name} takes a whole number from 1 on, not "${text}"`)
  return number
}

function refuse(what: string): never {
  process.stderr.write(`npm run sim: ${what}\n`)
  process.exit(64)
}
