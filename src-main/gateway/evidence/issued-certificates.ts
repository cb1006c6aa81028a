/**
 * The register of the certificates that were issued here. What it says of each is read out of the file itself, whose issuer's
 * signature is checked first: a register of its own beside the files could say something else than they do.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readCredential } from '../../certificates/credential.ts'
import { numberAt, objectAt, textAt, translationsAt } from '../../certificates/json-access.ts'
import type { Language } from '../../wire/languages.ts'
import { usOfIso } from '../../certificates/numbers.ts'
import { statedOf } from '../../certificates/stated.ts'
import type { CertificateRow } from '../../endpoints/certificate-model.ts'
import { verifySignature } from '../../proof/signature.ts'
import type { JsonValue } from '../../wire/json.ts'
import { sha256, toHex } from '../../wire/bytes.ts'
import { GatewayError } from '../error.ts'
import { writeDurably } from '../../disk/durable-file.ts'

/** What the file says; what was said of it since stands on the ledger. */
export type IssuedFile = Omit<CertificateRow, 'status'> & { language: Language }

const EXTENSION = '.plumb'
/** Numbers are file names here, whoever asks for them. */
const NUMBER = /^[0-9A-F]{4,32}$/

export class IssuedCertificates {
  readonly #folder: string
  readonly #rows = new Map<string, IssuedFile>()

  /** Reads every file once. What is damaged is told to `onDamaged` and left out of the list; asking for it says so. */
  constructor(folder: string, onDamaged: (number: string, error: unknown) => void) {
    this.#folder = folder
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    for (const name of readdirSync(folder)) {
      if (!name.endsWith(EXTENSION)) continue
      const number = name.slice(0, -EXTENSION.length)
      try {
        this.#rows.set(number, rowOf(number, new Uint8Array(readFileSync(join(folder, name)))))
      } catch (error) {
        onDamaged(number, error)
      }
    }
  }

  /** Writes a certificate down. */
  add(number: string, bytes: Uint8Array): IssuedFile {
    const row = rowOf(number, bytes)
    writeDurably(this.#path(number), bytes)
    this.#rows.set(number, row)
    return row
  }

  /** Newest first. */
  list(): IssuedFile[] {
    return [...this.#rows.values()].toSorted((a, b) => b.issuedAtUs - a.issuedAtUs)
  }

  /** What is known of one; null where none of that number was issued. */
  row(number: string): IssuedFile | null {
    return this.#rows.get(number) ?? null
  }

  /** One file as it is on disk now; null where none of that number was issued. Throws GatewayError `certificate_damaged`. */
  read(number: string): { bytes: Uint8Array; row: IssuedFile } | null {
    if (!NUMBER.test(number) || !existsSync(this.#path(number))) return null
    const bytes = new Uint8Array(readFileSync(this.#path(number)))
    try {
      return { bytes, row: rowOf(number, bytes) }
    } catch (cause) {
      throw new GatewayError(
        'certificate_damaged',
        `the file of certificate ${number} was changed on this gateway's disk: ${(cause as Error).message}`,
        'Take it from whoever received it, or issue it anew; it is not handed out.',
      )
    }
  }

  #path(number: string): string {
    return join(this.#folder, `${number}${EXTENSION}`)
  }
}

/** Throws for a file that is not as its issuer signed it, or that bears another number than its name. */
function rowOf(number: string, bytes: Uint8Array): IssuedFile {
  const { subject, validFrom, publicKey, signedBytes, signature, evidenceMember } = readCredential(bytes)
  if (!verifySignature(1, publicKey, signedBytes, signature)) throw new Error('its signature does not hold')
  const stated = statedOf(objectOf(evidenceMember('stated')))
  if (stated.number !== number) throw new Error(`it bears the number ${stated.number}`)
  const [asset, pack, period] = [objectAt(subject, 'asset'), objectAt(subject, 'pack'), objectAt(subject, 'period')]
  const assetNames = translationsAt(asset, 'name')
  return {
    id: number,
    hash: toHex(sha256(bytes)),
    asset: textAt(asset, 'id'),
    assetName: textAt(asset, 'name'),
    ...(assetNames === undefined ? {} : { assetNames }),
    pack: `${textAt(pack, 'id')} ${textAt(pack, 'version')}`,
    verdict: textAt(subject, 'verdict'),
    fromUs: numberAt(period, 'fromUs'),
    toUs: numberAt(period, 'toUs'),
    issuedAtUs: usOfIso(validFrom),
    issuedBy: stated.releasedBy,
    simulated: subject['simulated'] === true,
    language: stated.language,
  }
}

function objectOf(value: JsonValue | undefined): { [name: string]: JsonValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {}
}
