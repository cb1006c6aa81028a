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
  if (!process.stdin.isTTY)
    throw new UsageError(
      'nobody is there to enter a passphrase: standard input is no terminal',
      'Nothing was signed. Give it in a file: --passphrase-file FILE, or - for standard input.',
    )
  return await asked(`Passphrase of ${printable(name)} (it is not shown): `)
}

function firstLine(file: string): string {
  const bytes = file === '-' ? readFileSync(STANDARD_INPUT) : readNamed(file, FILE_BYTES_MAX)
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new UsageError(`--passphrase-file ${file} is no UTF-8 text`, 'Nothing was changed.')
  }
  const line = text.split('\n', 1)[0]?.replace(/\r$/, '') ?? ''
  if (line === '')
    throw new UsageError(
      `--passphrase-file ${file}: its first line is empty`,
      'Put the passphrase there. Nothing was changed.',
    )
  return line
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
