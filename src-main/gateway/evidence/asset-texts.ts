/** What a ledger has of its assets, for scripts; read from the disk, whether the gateway runs or not. */
import { openReader } from '../../ledger/reader.ts'
export type { ReadAsset } from '../../ledger/reader.ts'
import type { ReadAsset } from '../../ledger/reader.ts'
import { decodeEvent } from '../../record/statements.ts'
import { parseEntry } from '../../wire/entry.ts'
import type { JsonValue } from '../../wire/json.ts'
import type { GatewayFolder } from '../folder/data-folder.ts'
import { GatewayError } from '../error.ts'
import { jsonOf } from '../show/statement-json.ts'

export interface AssetEvent {
  entry: number
  type: string
  gateway: string
  occurredAtUs: number
  body: JsonValue
}

export class AssetTexts {
  readonly #reader: ReturnType<typeof openReader>

  /** Throws LedgerError where there is no ledger that can be read. */
  constructor(folder: GatewayFolder) {
    this.#reader = openReader(folder.ledger)
  }

  list(): ReadAsset[] {
    return this.#reader.assets()
  }

  /** Throws GatewayError `unknown_asset`. */
  get(asset: string): ReadAsset {
    const state = this.#reader.asset(asset)
    if (state === null)
      throw new GatewayError('unknown_asset', `there is no asset ${asset}`, 'plumbline asset list lists them.')
    return state
  }

  /** Events about it, in ledger order. Throws GatewayError `unknown_asset`. */
  *history(asset: string): Generator<AssetEvent> {
    this.get(asset)
    const names = this.#reader.state.names()
    for (const entry of this.#reader.entries.eventsOf(asset)) {
      const { bytes, actor } = this.#reader.entries.require(entry)
      const { type, occurredAtUs, body } = decodeEvent(parseEntry(bytes).payload)
      yield { entry, type, gateway: names.get(actor) ?? actor, occurredAtUs, body: jsonOf(body) }
    }
  }

  close(): void {
    this.#reader.close()
  }
}
