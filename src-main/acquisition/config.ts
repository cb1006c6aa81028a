/**
 * Sources and tags as the configuration file writes them. The gateway embeds `sourcesSchema` in its own schema,
 * so that every problem carries its path (`sources.0.tags.3.unit`) and is reported in one run with all others.
 */
import { z } from 'zod'
import { modbusSource, opcuaSource, serialSource } from './config-drivers.ts'
import { didYouMean } from '../wire/near-match.ts'
import { crossCheck } from './config-cross-check.ts'
import { wordIssue } from './config-words.ts'

export const DRIVERS = ['opcua', 'modbus', 'serial'] as const
export type DriverName = (typeof DRIVERS)[number]

const sourceSchema = z.discriminatedUnion('driver', [opcuaSource, modbusSource, serialSource], {
  error: (issue) => {
    const given = (issue.input as { driver?: unknown } | undefined)?.driver
    const near = typeof given === 'string' ? didYouMean(given, DRIVERS) : ''
    const what = given === undefined ? 'A source needs a driver.' : `Unknown driver ${JSON.stringify(given)}.${near}`
    return `${what} Write driver: ${DRIVERS.join(', ')}.`
  },
})

/** Runs the check although single fields may be wrong, so that one run reports everything. */
const EVEN_IF_WRONG = { when: (payload: { value: unknown }) => Array.isArray(payload.value) }

/** All sources of a gateway. May be empty: a gateway without sources records nothing until one is added. */
export const sourcesSchema = z
  .array(sourceSchema, 'sources must be a list.')
  .max(1000, 'A gateway may have at most 1,000 sources.')
  .superRefine(
    (sources, context) => crossCheck(sources, (path, message) => context.addIssue({ code: 'custom', path, message })),
    EVEN_IF_WRONG,
  )

export type OpcuaSource = z.output<typeof opcuaSource>
export type ModbusSource = z.output<typeof modbusSource>
export type SerialSource = z.output<typeof serialSource>
export type SourceConfig = OpcuaSource | ModbusSource | SerialSource
export type OpcuaTag = OpcuaSource['tags'][number]
export type ModbusTag = ModbusSource['tags'][number]
export type SerialTag = SerialSource['tags'][number]
export type TagConfig = OpcuaTag | ModbusTag | SerialTag

/** One problem in a configuration: where it is and what to do. */
export interface ConfigProblem {
  path: (string | number)[]
  message: string
}

/** Checks a parsed configuration value (as YAML or JSON gave it); all problems at once, or the sources with their defaults. */
export function checkSources(input: unknown): { sources: SourceConfig[] } | { problems: ConfigProblem[] } {
  const result = sourcesSchema.safeParse(input, { error: wordIssue })
  if (result.success) return { sources: result.data }
  const problems = result.error.issues.map((issue) => ({
    path: issue.path.filter((part) => typeof part !== 'symbol'),
    message: issue.message,
  }))
  return { problems }
}
