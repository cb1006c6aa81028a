import { readFileSync, statSync } from 'node:fs'
import { UsageError } from './exit-status.ts'

/** Reads a file a person named. Throws UsageError when it can't be read or is larger than anything of its kind. */
export function readNamed(path: string, bytesMax: number): Uint8Array {
  try {
    const { size } = statSync(path)
    if (size > bytesMax)
      throw new UsageError(`${path} has ${size} bytes, more than ${bytesMax}`, 'Is it the right file?')
    // The buffer itself, seen as bytes: a copy of a long file would take its memory twice.
    const { buffer, byteOffset, byteLength } = readFileSync(path)
    return new Uint8Array(buffer, byteOffset, byteLength)
  } catch (cause) {
    if (cause instanceof UsageError) throw cause
    throw new UsageError(`cannot read ${path}: ${whyUnread(path, cause)}`, 'Give the path of an existing file.')
  }
}

/** Why `file` was not read, or one that it needs, in words; what is no error of the system says it itself. */
export function whyUnread(file: string, cause: unknown): string {
  const { code, message, path = file } = cause as NodeJS.ErrnoException
  if (code === 'ENOENT') return path === file ? 'there is no such file' : `there is no ${path}`
  if (code === 'EISDIR') return 'it is a folder'
  return code === 'EACCES' ? 'this user may not read it' : message
}
