/** Packs as the state has them. */
import { concatBytes } from '../wire/bytes.ts'
import type { PackHash, PackState } from './pack-state.ts'
import type { StateView } from './state-view.ts'

/** The pack of this id that decides now; undefined where there is none, or where it is retired. */
export function packInForce(view: Pick<StateView, 'get'>, pack: string): PackState | undefined {
  const state = view.get('pack', pack)
  return state?.retired === null ? state : undefined
}

/** The bytes of a version; null where it is not there as a whole. */
export function packBytes(view: Pick<StateView, 'get'>, hash: PackHash): Uint8Array | null {
  const known = view.get('pack-version', hash)
  return known === undefined ? null : joined(known.parts.map((part) => view.get('pack-part', part)?.bytes))
}

/** One behind the other; null where one is missing. */
export function joined(parts: readonly (Uint8Array | undefined)[]): Uint8Array | null {
  const there = parts.filter((part) => part !== undefined)
  return there.length === parts.length ? concatBytes(...there) : null
}
