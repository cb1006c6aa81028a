/** The text of a configuration as YAML, before anybody asks what it means. A file that was made to hurt ends in a problem with its line. */
import { closeSync, openSync, readSync } from 'node:fs'
import { Lexer, LineCounter, parseDocument, Parser, visit, type Alias, type Document } from 'yaml'

/** 50,000 tags are less; reading it takes some hundred bytes of memory for each. */
export const CONFIG_BYTES_MAX = 16 * 1024 * 1024
const READ_BYTES = 1024 * 1024
/** The schema needs eight levels; what reads the text calls itself once a level. */
const NESTING_MAX = 64
/** How many values aliases may stand for; yaml counts them so that a few lines can't unfold into gigabytes. */
const ALIASES_MAX = 100

/** One thing wrong with a configuration file: where (path, line, column) and what. */
export interface ConfigProblem {
  path: string
  line: number | null
  column: number | null
  message: string
}

export interface ConfigText {
  value: unknown
  document: Document
  lines: LineCounter
}

/** Reads a configuration, from a pipe too. Throws an Error that says why where it can't be read or is too large. */
export function readConfigText(file: string): string {
  const handle = openSync(file, 'r')
  try {
    const parts: Buffer[] = []
    // Not by its size: a device or a pipe has none and may have no end.
    for (let bytes = 0; bytes <= CONFIG_BYTES_MAX;) {
      const part = Buffer.alloc(READ_BYTES)
      const read = readSync(handle, part)
      if (read === 0) return Buffer.concat(parts).toString('utf8')
      parts.push(part.subarray(0, read))
      bytes += read
    }
    throw new Error(`it is larger than ${CONFIG_BYTES_MAX} bytes`)
  } finally {
    closeSync(handle)
  }
}

/** The value that a YAML (or JSON) text stands for, with what locates its parts; or every problem of its form. */
export function parseConfigText(text: string): ConfigText | { problems: ConfigProblem[] } {
  const lines = new LineCounter()
  const at = (offset: number, message: string): ConfigProblem => {
    const { line, col } = lines.linePos(offset)
    return { path: '', line, column: col, message }
  }
  const deep = firstTooDeep(text, lines)
  if (deep !== null)
    return {
      problems: [at(deep, `nested more than ${NESTING_MAX} levels deep: no key of a configuration lies that deep`)],
    }
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, strict: true })
  if (document.errors.length > 0) return { problems: document.errors.map((error) => at(error.pos[0], error.message)) }
  try {
    return { value: document.toJS({ maxAliasCount: ALIASES_MAX }) ?? {}, document, lines }
  } catch (error) {
    return { problems: [at(offenderOf(document), aliasProblem((error as Error).message))] }
  }
}

/** Offset of the first token that lies too deep, or null. Fills `lines` as far as it reads. */
function firstTooDeep(text: string, lines: LineCounter): number | null {
  const parser = new Parser()
  for (const lexeme of new Lexer().lex(text)) {
    const { offset } = parser
    for (const token of parser.next(lexeme)) void token
    if (parser.stack.length <= NESTING_MAX) continue
    lines.addNewLine(0)
    for (let end = text.indexOf('\n'); end !== -1 && end < offset; end = text.indexOf('\n', end + 1))
      lines.addNewLine(end + 1)
    return offset
  }
  return null
}

/** Where the alias stands that has no anchor before it; else the last one, which unfolds all before it. */
function offenderOf(document: Document): number {
  let last: Alias | null = null
  let loose: Alias | null = null
  visit(document, {
    Alias(_, alias) {
      last = alias
      if (alias.resolve(document) === undefined) loose ??= alias
    },
  })
  return ((loose ?? last) as Alias | null)?.range?.[0] ?? 0
}

function aliasProblem(why: string): string {
  return why.startsWith('Excessive alias count')
    ? `the aliases (*) up to here stand for too many values: write the values out`
    : `an alias (*) can't be followed (${why}): put its anchor (&) before it, or write the value out`
}
