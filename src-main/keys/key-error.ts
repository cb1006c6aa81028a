import { PlumblineError } from '../wire/plumbline-error.ts'

/**
 * What can go wrong with a key folder.
 * - `key_incomplete`: the folder exists but lacks files; it is not filled up, because that would be another identity
 * - `key_unreadable`: a file cannot be read or is not what it should be
 * - `key_mismatch`: a private key does not belong to the public key that was recorded at creation
 * - `key_exposed`: other accounts of the machine may read the folder or a private key
 * - `key_not_created`: the folder could not be written
 */
export type KeyErrorCode = 'key_incomplete' | 'key_unreadable' | 'key_mismatch' | 'key_exposed' | 'key_not_created'

const NEXT: Record<KeyErrorCode, string> = {
  key_incomplete:
    'New keys are never mixed into an existing identity: restore the folder from its backup. If this gateway has never joined a channel, remove the folder to create a new identity.',
  key_unreadable:
    'Start Plumbline under the account that created its keys, or restore the file or folder from its backup.',
  key_mismatch: 'Restore the whole key folder from one backup; never mix files of two.',
  key_exposed: 'Take the rights from other accounts. If one of them could have read the keys, rotate them.',
  key_not_created: 'Check that the data folder is writable and its disk not full.',
}

/** The error class of the key store. */
export class KeyError extends PlumblineError<KeyErrorCode> {
  override readonly name = 'KeyError'
  /** The file or folder that the message speaks of. */
  readonly path: string

  constructor(code: KeyErrorCode, path: string, message: string, cause?: unknown, next = NEXT[code]) {
    super(code, message, next, cause)
    this.path = path
  }
}
