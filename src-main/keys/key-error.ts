/**
 * What can go wrong with a key folder.
 * - `key_incomplete`: the folder exists but lacks files; it is not filled up, because that would be another identity
 * - `key_unreadable`: a file cannot be read or is not what it should be
 * - `key_mismatch`: a private key does not belong to the public key that was recorded at creation
 * - `key_exposed`: other accounts of the machine may read the folder or a private key
 * - `key_not_created`: the folder could not be written
 */
export type KeyErrorCode = 'key_incomplete' | 'key_unreadable' | 'key_mismatch' | 'key_exposed' | 'key_not_created'

/** An operating error of the key store: `code` is stable, the message says what, where and what next. */
export class KeyError extends Error {
  readonly code: KeyErrorCode
  /** The file or folder that the message speaks of. */
  readonly path: string

  constructor(code: KeyErrorCode, path: string, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'KeyError'
    this.code = code
    this.path = path
  }
}
