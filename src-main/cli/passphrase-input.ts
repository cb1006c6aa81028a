/** A new passphrase from the person at the terminal, or from a file. Never from an argument, which every account can read in the list of processes. */
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { printable } from '../wire/printable.ts'
import { UsageError } from './exit-status.ts'
import { readNamed } from './read-file.ts'

/** More than any passphrase, and little enough to be read in one piece. */
const FILE_BYTES_MAX = 64 * 1024
const STANDARD_INPUT = 0

/**
 * @param name whose it will be
 * @param file where it stands instead: its first line; `-` is standard input
 * @throws {UsageError} where nobody can be asked, the two differ, or the person gives up
 */
export async function newPassphrase(name: string, file: string | undefined): Promise<string> {
  if (file !== undefined) return firstLine(file)
  if (!process.stdin.isTTY)
    throw new UsageError(
      'nobody is there to enter a passphrase: standard input is no terminal',
      'Nothing was changed. Give it in a file: --passphrase-file FILE, or - for standard input.',
    )
  const first = await asked(`New passphrase of ${printable(name)} (10 characters or more; it is not shown): `)
  const second = await asked('Once more: ')
  if (first !== second) throw new UsageError('the two passphrases differ', 'Nothing was changed. Try again.')
  return first
}

/**
 * The passphrase that somebody has.
 *
 * @param name whose it is
 * @param file where it stands instead: its first line; `-` is standard input
 * @throws {UsageError} where nobody can be asked
 */
export async function passphraseOf(name: string, file: string | undefined): Promise<string> {
  if (file !== undefined) return firstLine(file)
  return await hiddenAnswer(
    `Passphrase of ${printable(name)} (it is not shown): `,
    'Nothing was signed. Give it in a file: --passphrase-file FILE, or - for standard input.',
  )
}

/** What somebody enters at the terminal and nobody sees. Throws UsageError with `otherwise` where there is none. */
export async function hiddenAnswer(question: string, otherwise: string): Promise<string> {
  if (!process.stdin.isTTY)
    throw new UsageError('nobody is there to enter it: standard input is no terminal', otherwise)
  return await asked(question)
}

function firstLine(file: string): string {
  const [line = ''] = linesOf('--passphrase-file', file)
  if (line === '')
    throw new UsageError(
      `--passphrase-file ${file}: its first line is empty`,
      'Put the passphrase there. Nothing was changed.',
    )
  return line
}

/** Of a small file of text, or standard input where it is `-`. */
export function linesOf(option: string, file: string): string[] {
  const bytes = file === '-' ? readFileSync(STANDARD_INPUT) : readNamed(file, FILE_BYTES_MAX)
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new UsageError(`${option} ${file} is no UTF-8 text`, 'Nothing was changed.')
  }
  return text.split('\n').map((line) => line.replace(/\r$/, ''))
}

/** Reads a line and shows none of it: what readline would echo goes nowhere. */
async function asked(question: string): Promise<string> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  const terminal = createInterface({ input: process.stdin, output: nowhere, terminal: true, historySize: 0 })
  const ended = new Promise<null>((resolve) => terminal.once('close', () => resolve(null)))
  terminal.once('SIGINT', () => terminal.close())
  process.stderr.write(question)
  try {
    const answer = await Promise.race([terminal.question(''), ended])
    if (answer === null) throw new UsageError('cancelled', 'Nothing was changed.')
    return answer
  } finally {
    process.stderr.write('\n')
    terminal.close()
  }
}
