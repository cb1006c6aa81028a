import { openSync, closeSync, fstatSync, readSync } from 'node:fs'
import { basename, resolve } from 'node:path'
import { messageOf } from '../wire/plumbline-error.ts'
import type { OpenedFile } from './surface.ts'

/** A certificate with a year of readings is some megabytes; what is larger is not read into the window. */
export const PLUMB_BYTES_MAX = 64 * 1024 * 1024

/**
 * The certificate that was given to the program, by double click or on the command line.
 *
 * @param args of the start, which Electron and Chromium mix their own switches into
 * @param workingDirectory that relative paths count from
 * @returns absolute path, or null
 */
export function plumbArgument(args: readonly string[], workingDirectory: string): string | null {
  const path = args.find((arg) => !arg.startsWith('-') && arg.toLowerCase().endsWith('.plumb'))
  return path === undefined ? null : resolve(workingDirectory, path)
}

/**
 * Reads a certificate.
 *
 * @throws {Error} naming the file and what is wrong with it
 */
export function readPlumb(path: string): OpenedFile {
  let descriptor
  try {
    descriptor = openSync(path, 'r')
  } catch (error) {
    throw new Error(`${path} can't be opened: ${messageOf(error)}`, {
      cause: error,
    })
  }
  try {
    const stat = fstatSync(descriptor)
    if (!stat.isFile()) throw new Error(`${path} is not a file`)
    if (stat.size > PLUMB_BYTES_MAX) {
      throw new Error(`${path} has ${stat.size} bytes; a certificate has at most ${PLUMB_BYTES_MAX}`)
    }
    const bytes = new Uint8Array(stat.size)
    const read = readSync(descriptor, bytes, 0, bytes.length, 0)
    return { name: basename(path), bytes: bytes.subarray(0, read) }
  } finally {
    closeSync(descriptor)
  }
}
