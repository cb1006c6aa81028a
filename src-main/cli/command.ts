import { parseArgs, type ParseArgsOptionsConfig } from 'node:util'
import { resolve } from 'node:path'
import { defaultDataFolder } from '../gateway/folder/data-folder.ts'
import { nearest } from '../wire/near-match.ts'
import { printableJson, printableLines } from '../wire/printable.ts'
import { UsageError } from './exit-status.ts'

/** Options that every command takes. */
const COMMON = {
  help: { type: 'boolean', short: 'h', default: false },
  json: { type: 'boolean', default: false },
  data: { type: 'string' },
} as const satisfies ParseArgsOptionsConfig

export interface OptionHelp {
  type: 'string' | 'boolean'
  /** It may be given several times. */
  many?: boolean
  /** What stands after the option in the help text, such as `FILE`. */
  value?: string
  help: string
}

export interface Invocation {
  readonly positionals: string[]
  readonly json: boolean
  /** Absolute path of the data folder. */
  readonly data: string
  text(option: string): string | undefined
  /** Of an option that may be given several times. */
  texts(option: string): string[]
  flag(option: string): boolean
  /**
   * One JSON document on standard output under --json, otherwise the text. Nothing in it can steer a terminal; a value out of a file that
   * must not break its line either is written with `printed`.
   */
  print(document: unknown, text: string): void
  /** For people, while it runs: standard error under --json, so that standard output stays one document. */
  say(line: string): void
}

export interface Command {
  readonly name: string
  readonly usage: string
  readonly summary: string
  readonly options: Record<string, OptionHelp>
  /** Exit status for wrong usage, where scripts rely on another one. */
  readonly usageStatus?: number
  run(invocation: Invocation): Promise<number>
}

/** The data folder as the caller named it, for commands that are told to be called next; empty where it is the default one. */
export function dataOption({ text }: Pick<Invocation, 'text'>): string {
  const data = text('data')
  return data === undefined ? '' : ` --data ${data}`
}

/** Parses the arguments of one command. Throws UsageError that names what is wrong. */
export function invocationOf(command: Command, args: string[]): Invocation | 'help' {
  const options: ParseArgsOptionsConfig = { ...COMMON }
  for (const [name, option] of Object.entries(command.options))
    options[name] = { type: option.type, multiple: option.many === true }
  let parsed: ReturnType<typeof parseArgs>
  try {
    parsed = parseArgs({ args, options, allowPositionals: true, strict: true })
  } catch (cause) {
    const what = (cause as Error).message.split('. To specify')[0] ?? 'wrong usage'
    const [, option] = /^Unknown option '(--[^']+)'$/.exec(what) ?? []
    const near =
      option === undefined
        ? ''
        : nearest(
            option,
            Object.keys(options).map((name) => `--${name}`),
          )
    throw new UsageError(near === '' ? what : `${what}.${near}`, `See: plumbline ${command.name} --help`)
  }
  if (parsed.values['help'] === true) return 'help'
  const json = parsed.values['json'] === true
  const data = parsed.values['data']
  return {
    positionals: parsed.positionals,
    json,
    data: resolve(typeof data === 'string' ? data : defaultDataFolder()),
    text: (option) => {
      const value = parsed.values[option]
      return typeof value === 'string' ? value : undefined
    },
    texts: (option) => {
      const values = parsed.values[option]
      return Array.isArray(values) ? values.map(String) : []
    },
    flag: (option) => parsed.values[option] === true,
    print: (document, text) => {
      const shown = json ? printableJson(JSON.stringify(document, null, 2)) : printableLines(text)
      process.stdout.write(`${shown}\n`)
    },
    say: (line) => {
      ;(json ? process.stderr : process.stdout).write(`${printableLines(line)}\n`)
    },
  }
}

export function helpOf(command: Command): string {
  const rows: [string, string][] = Object.entries(command.options).map(([name, option]) => [
    `--${name}${option.value === undefined ? '' : ` ${option.value}`}`,
    option.help,
  ])
  rows.push(['--data DIR', `the data folder (default: ${defaultDataFolder()})`])
  rows.push(['--json', 'one JSON document on standard output, messages on standard error'])
  rows.push(['--help', 'this text'])
  const width = Math.max(...rows.map(([left]) => left.length))
  return `usage: plumbline ${command.usage}\n\n${command.summary}\n\n${rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`).join('\n')}`
}
