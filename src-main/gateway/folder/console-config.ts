/** Where the console is served: to this machine always, to others where it is asked for. */
import { isAbsolute } from 'node:path'
import { isIP } from 'node:net'
import { z } from 'zod'
import { strictShape } from '../../acquisition/config-parts.ts'

const NAMES_MAX = 20
const LOOPBACK = ['127.0.0.1', '::1', 'localhost']
const port = z.number().int().min(0).max(65_535)
const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/

const name = z
  .string()
  .max(253)
  .transform((text) => text.toLowerCase())
  .superRefine((text, context) => {
    const wrong = whatIsWrong(text)
    if (wrong !== null) context.addIssue({ code: 'custom', message: wrong })
  })

/** What keeps a text from being a name that people type and a certificate carries; null where nothing does. */
function whatIsWrong(text: string): string | null {
  const example = 'Write the name or address under which people open it, such as gw-hall-2.works.example or 10.20.4.5'
  if (text.includes('*')) return `no wildcards: whoever has a name below it could pass as this console. ${example}`
  if (isLoopback(text)) return `"${text}" means the machine of whoever opens it. ${example}`
  if (text === '0.0.0.0' || text === '::') return `"${text}" is no address that anybody could open. ${example}`
  if (isIP(text) !== 0) return null
  const labels = text.split('.')
  // The last label of an address is a number; a name that ends in one is read as an address by browsers (WHATWG URL, "ends in a number").
  if (labels.every((label) => LABEL.test(label)) && !/^\d+$/.test(labels.at(-1) ?? '')) return null
  return `no name: without "https://", port and path. ${example}`
}

function isLoopback(host: string): boolean {
  return LOOPBACK.includes(host) || host.startsWith('127.') || host.endsWith('.localhost')
}

const file = z
  .string()
  .max(4_096)
  .refine((path) => isAbsolute(path), { error: 'write the whole path, from the root on' })

const listen = strictShape('console.listen', {
  host: z
    .string()
    .refine((host) => isIP(host) !== 0, {
      error: 'write an address of this machine, such as 10.20.4.5; 0.0.0.0 for all of them, :: with IPv6 too',
    })
    .refine((host) => !isLoopback(host), {
      error: 'this machine has the console at console.host already; write an address at which others reach it',
    }),
  port: port.min(1).default(7443),
})

export const consoleSchema = strictShape('console', {
  host: z
    .string()
    .refine((host) => LOOPBACK.includes(host), {
      error:
        'serves this machine only (127.0.0.1), because it speaks no TLS. For others: console: { listen: { host: 10.20.4.5 }, names: [gw-hall-2.works.example] }',
    })
    .default('127.0.0.1'),
  port: port
    .default(7080)
    .describe('Where it is taken by another program, the next free one is used and a note stands'),
  fixedPort: z
    .boolean()
    .default(false)
    .describe('Rather do not start than go to another port: then a port that is taken stops the recording, too'),
  listen: listen
    .optional()
    .describe('Serves the console to others, over TLS 1.3 and to people who sign in only; this port never moves'),
  names: z
    .array(name)
    .max(NAMES_MAX)
    .default([])
    .describe('Names and addresses under which others open it, the first one in links; its certificate has them all'),
  certificate: file
    .optional()
    .describe('PEM file with your own certificate and those between it and its root; without it, one is made'),
  key: file.optional().describe('PEM file with its private key, readable by this account only'),
})
export type ConsoleConfig = z.infer<typeof consoleSchema>

interface Issue {
  path: string[]
  message: string
}

/** What does not go together. */
export function checkConsole({ listen: elsewhere, names, certificate, key }: ConsoleConfig): Issue[] {
  const issues: Issue[] = []
  const say = (last: string, message: string): void => void issues.push({ path: ['console', last], message })
  if (elsewhere !== undefined && names.length === 0)
    say(
      'listen',
      'needs "names" beside it, under which people open this console from elsewhere: its certificate carries them, and it answers to no other. Such as names: [gw-hall-2.works.example]',
    )
  if (elsewhere === undefined && names.length > 0)
    say('names', 'are for others, and nothing listens for them: add listen: { host: 10.20.4.5 }, or remove this line')
  if (elsewhere === undefined && certificate !== undefined)
    say('certificate', 'is shown to others, and nothing listens for them: add listen, or remove this line')
  if (new Set(names).size !== names.length) say('names', 'a name stands twice')
  if ((certificate === undefined) !== (key === undefined))
    say(
      certificate === undefined ? 'key' : 'certificate',
      'certificate and key belong together: give both files or none',
    )
  return issues
}
