/** The C2SP texts of a gateway's ledger, for scripts; read from the disk, whether the gateway runs or not. */
import { openReader } from '../../ledger/reader.ts'
import { toBase64 } from '../../wire/bytes.ts'
import type { GatewayFolder } from '../folder/data-folder.ts'
import { GatewayError } from '../error.ts'
import { policyOf } from '../agreement/policy.ts'
import { quorumCheckpointFrom } from '../agreement/quorum-checkpoint.ts'

export interface ConsistencyText {
  oldSize: number
  oldRoot: string
  size: number
  root: string
  /** Base64 hashes of the RFC 6962 consistency proof. */
  path: string[]
}

export class LogTexts {
  readonly #reader: ReturnType<typeof openReader>

  constructor(folder: GatewayFolder) {
    this.#reader = openReader(folder.ledger)
  }

  /** Signed note with every cosignature seen. Throws GatewayError before the first seal. */
  checkpoint(): string {
    const checkpoint = this.#reader.checkpoint()
    if (checkpoint === null)
      throw new GatewayError('no_checkpoint', 'there is no checkpoint yet', 'Wait for the first seal.')
    return checkpoint.text
  }

  policy(): string {
    return policyOf(this.#reader)
  }

  /** tlog-proof of one entry, under the oldest kept checkpoint over it that a quorum cosigned; under the oldest one where none did. Throws GatewayError `no_proof`. */
  prove(index: number): string {
    const reader = this.#reader
    const entries = reader.size()
    if (index >= entries)
      throw new GatewayError(
        'no_proof',
        `there is no entry ${index}: the ledger has ${entries} entries`,
        `Give a number from 0 to ${entries - 1}.`,
      )
    const size = quorumCheckpointFrom(reader, index + 1)?.size
    return size === undefined ? reader.tlogProof(index) : reader.tlogProof(index, size)
  }

  /** `size` null: the newest checkpoint's. */
  consistency(oldSize: number, size: number | null): ConsistencyText {
    const reader = this.#reader
    const to = size ?? reader.checkpoint()?.size ?? reader.size()
    if (oldSize > to || to > reader.size())
      throw new GatewayError(
        'no_proof',
        `there is no proof from ${oldSize} to ${to}: the ledger has ${reader.size()} entries`,
        'Give the smaller size first, and none beyond the ledger.',
      )
    return {
      oldSize,
      oldRoot: toBase64(reader.rootAt(oldSize)),
      size: to,
      root: toBase64(reader.rootAt(to)),
      path: reader.consistencyPath(oldSize, to).map((hash) => toBase64(hash)),
    }
  }

  close(): void {
    this.#reader.close()
  }
}
