import { isMap, isScalar, type Document, type LineCounter, type Node } from 'yaml'
import { z } from 'zod'
import { strictShape } from '../../acquisition/config-parts.ts'
import { wordIssue } from '../../acquisition/config-words.ts'
import { sourcesSchema } from '../../acquisition/config.ts'
import { isPublicUrl } from '../../certificates/stated.ts'
import { assetSchema } from './asset-registration.ts'
import { checkConsole, consoleSchema } from './console-config.ts'
import { parseConfigText, readConfigText, type ConfigProblem } from './config-text.ts'
import { GatewayError } from '../error.ts'
import { isTimeZone } from './time-zone.ts'

/** What a gateway may be called. */
export const GATEWAY_NAME = /^[a-z0-9][a-z0-9-]{0,62}$/

const host = z.string().min(1).max(253)
const port = z.number().int().min(0).max(65_535)

const importSchema = strictShape('an import', {
  source: z.string(),
  tag: z.string(),
  file: z.string().describe('CSV with a header and the columns time (microseconds since 1970, UTC) and value'),
})

const issuerSchema = strictShape('issuer', {
  address: z.string().trim().max(200).default('').describe('One line, such as Am Quellhof 4, 95326 Kulmbach, Germany'),
  contact: z
    .string()
    .trim()
    .max(200)
    .default('')
    .describe('Who answers questions: a name, a telephone number, an address'),
})

const memberSchema = strictShape('a member of peers', {
  name: z.string(),
  host,
  port: port.min(1),
  consoleHost: host
    .optional()
    .describe(
      'Host under which people who read this console open that of the member (default: host, where it is no loopback address); without either there is no link',
    ),
})

const publicUrl = z
  .string()
  .max(500)
  .refine(isPublicUrl, {
    error:
      'no address that a code on paper can carry: write https://host/path (http only for localhost), in plain ASCII and without "#"',
  })
  .describe('Where you offer your certificates; the code on paper opens it and adds the place in the ledger after "#"')

/** One gateway's configuration file. The JSON Schema printed by `plumbline config schema` comes from here. */
export const gatewayConfigSchema = strictShape('the configuration', {
  name: z
    .string()
    .regex(GATEWAY_NAME, 'name may hold lower-case letters, digits and hyphens, such as gw-hall-2')
    .describe('Name of this gateway, unique in its channel'),
  site: z.string().min(1).max(200).default('My site').describe('Shown in the console and on certificates'),
  legalName: z.string().min(1).max(200).default('not stated').describe('Who answers for this gateway'),
  issuer: issuerSchema.prefault({}).describe('Printed at the head of certificates, as stated by you'),
  timeZone: z
    .string()
    .refine(isTimeZone, { error: 'no time zone that this machine knows: write an IANA name, such as Europe/Berlin' })
    .optional()
    .describe('Zone in which certificates print times, by its IANA name (default: the zone of this machine)'),
  clock: z
    .literal('simulated', { error: 'clock is "simulated", or is left out: then it is the clock of this machine' })
    .optional()
    .describe(
      'Only for scenarios, in a channel that was founded as simulated: the gateway signs by a clock that stands until the scenario moves it',
    ),
  certificates: strictShape('certificates', { publicUrl: publicUrl.optional() }).prefault({}),
  console: consoleSchema.prefault({}),
  peers: strictShape('peers', {
    listen: strictShape('peers.listen', { host: host.default('127.0.0.1'), port }).optional(),
    members: z.array(memberSchema).default([]),
  })
    .prefault({})
    .describe('Where this gateway listens for its peers and where they listen; their keys come from the ledger'),
  batch: strictShape('batch', {
    maxReadings: z.number().int().min(1).max(5_000).default(500),
    // Configurations carry this name; a batch is closed, and only blocks are sealed.
    sealAfterMs: z.number().int().min(10).max(1_000).default(100),
  }).prefault({}),
  queue: strictShape('queue', { maxBytes: z.number().int().min(1_000_000).default(2_000_000_000) })
    .prefault({})
    .describe('How much may wait on disk while the gateways cannot agree'),
  audit: strictShape('audit', {
    everyMs: z
      .number()
      .int()
      .min(1_000)
      .default(10_000)
      .describe('Rest between two passes that hash every entry and every payload on the disk again'),
    replayEveryMs: z
      .number()
      .int()
      .min(10_000)
      .default(300_000)
      .describe('Rest between two full checks, which also verify each signature and apply each entry again'),
    healAfterMs: z
      .number()
      .int()
      .min(0)
      .default(60_000)
      .describe(
        'How long a change that was found is shown before the record is repaired by itself from the other gateways',
      ),
  })
    .prefault({})
    .describe('How often the stored record is read back and checked'),
  sources: sourcesSchema.default([]),
  assets: z.array(assetSchema).default([]),
  imports: z.array(importSchema).default([]).describe('Recorded pasts to take over once, into streams that are empty'),
})

export type GatewayConfig = z.infer<typeof gatewayConfigSchema>

/** Where a peer is, by this gateway's configuration: its host, and the host under which people open its console, where one is named. */
export interface PeerPlace {
  host: string
  consoleHost: string | null
}

/** Of each peer, by its name. */
export function peerPlaces({ peers }: GatewayConfig): Map<string, PeerPlace> {
  return new Map(peers.members.map(({ name, host, consoleHost = null }) => [name, { host, consoleHost }]))
}

export type ConfigCheck = { config: GatewayConfig; problems: [] } | { config: null; problems: ConfigProblem[] }

/** Checks the text of a YAML (or JSON) configuration and reports every problem at once. */
export function checkConfig(text: string): ConfigCheck {
  const read = parseConfigText(text)
  if ('problems' in read) return { config: null, problems: read.problems }
  const { document, lines } = read
  const parsed = gatewayConfigSchema.safeParse(read.value, { error: wordIssue })
  if (!parsed.success)
    return { config: null, problems: parsed.error.issues.map((issue) => locate(document, lines, issue)) }
  const problems = crossCheck(parsed.data).map((issue) => locate(document, lines, issue))
  return problems.length > 0 ? { config: null, problems } : { config: parsed.data, problems: [] }
}

/** Reads and checks a configuration file. Throws GatewayError with all problems, a line each. */
export function loadConfig(file: string): GatewayConfig {
  let text: string
  try {
    text = readConfigText(file)
  } catch (cause) {
    throw new GatewayError(
      'config_unreadable',
      `cannot read the configuration ${file}: ${(cause as Error).message}`,
      'Give an existing file with --config FILE; `plumbline config schema` prints what may stand in it.',
      cause,
    )
  }
  const check = checkConfig(text)
  if (check.config !== null) return check.config
  throw new GatewayError(
    'config_invalid',
    `${file} has ${check.problems.length} problem${check.problems.length === 1 ? '' : 's'}:\n${check.problems.map((problem) => `  ${describeProblem(file, problem)}`).join('\n')}`,
    `Correct the file, then run: plumbline config check ${file}`,
  )
}

/** `file:line:column path: message`, which editors turn into a link. */
export function describeProblem(file: string, problem: ConfigProblem): string {
  const place = problem.line === null ? file : `${file}:${problem.line}:${problem.column ?? 1}`
  return problem.path === '' ? `${place} ${problem.message}` : `${place} ${problem.path}: ${problem.message}`
}

interface Issue {
  path: readonly PropertyKey[]
  message: string
  /** Of `unrecognized_keys`: the keys, at whose own place the problem lies. */
  keys?: readonly string[]
}

function crossCheck(config: GatewayConfig): Issue[] {
  const issues: Issue[] = []
  const assets = new Set(config.assets.map((asset) => asset.id))
  config.sources.forEach((source, i) => {
    source.tags.forEach((tag, j) => {
      if (tag.asset !== undefined && !assets.has(tag.asset))
        issues.push({
          path: ['sources', i, 'tags', j, 'asset'],
          message: `no asset "${tag.asset}" is configured. Add it under assets, or remove this line. Known: ${[...assets].join(', ') || 'none'}`,
        })
    })
  })
  config.imports.forEach((item, i) => {
    const tags = config.sources.find((source) => source.id === item.source)?.tags ?? []
    if (!tags.some((tag) => tag.id === item.tag))
      issues.push({ path: ['imports', i, 'tag'], message: `no tag "${item.tag}" in a source "${item.source}"` })
  })
  if (config.peers.members.length > 0 && config.peers.listen === undefined)
    issues.push({ path: ['peers', 'listen'], message: 'a gateway with peers needs an address to listen on' })
  return [...issues, ...checkConsole(config.console)]
}

function locate(document: Document, lines: LineCounter, issue: Issue): ConfigProblem {
  const path = issue.path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('')
  const problem = { path: path.replace(/^\./, ''), line: null, column: null, message: issue.message }
  for (let depth = issue.path.length; depth >= 0; depth--) {
    const node = document.getIn(issue.path.slice(0, depth), true) as Node | undefined
    const range = keyIn(node, issue.keys?.[0])?.range ?? node?.range
    if (range === undefined || range === null) continue
    const at = lines.linePos(range[0])
    return { ...problem, line: at.line, column: at.col }
  }
  return problem
}

/** The node of a mapping's key itself, where there is one. */
function keyIn(node: Node | undefined, name: string | undefined): Node | null {
  if (name === undefined || !isMap(node)) return null
  const key = node.items.map((pair) => pair.key).find((candidate) => isScalar(candidate) && candidate.value === name)
  return isScalar(key) ? key : null
}
