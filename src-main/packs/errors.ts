import { PlumblineError } from '../wire/plumbline-error.ts'

/**
 * Why a pack could not be run.
 *
 * - `engine_invalid`: the bytes given are no QuickJS engine.
 * - `pack_malformed`: a file of the pack's folder does not say what it must, or says more.
 * - `pack_invalid`: the source does not define what a pack must define.
 * - `pack_failed`: the pack's own code threw, or returned no JSON.
 * - `pack_limit`: the pack used more instructions, memory, stack or bytes than it may.
 * - `pack_trap`: the engine itself broke. The host is unusable from then on and its outcome means nothing.
 *
 * All but the last are decided alike by everybody who runs the same pack over the same input; a trap is not.
 */
export type PackErrorCode =
  | 'engine_invalid'
  | 'pack_malformed'
  | 'pack_invalid'
  | 'pack_failed'
  | 'pack_limit'
  | 'pack_trap'

const WRITER = 'Tell whoever wrote the pack; a corrected text is a new version of it.'
const NEXT: Record<PackErrorCode, string> = {
  engine_invalid: 'Give the file whose SHA-256 the channel has activated.',
  pack_malformed: WRITER,
  pack_invalid: WRITER,
  pack_failed: WRITER,
  pack_limit: WRITER,
  pack_trap: 'Start this program again; if it comes back, look at the memory of this machine.',
}

/** The error class of the packs layer. */
export class PackError extends PlumblineError<PackErrorCode> {
  override readonly name = 'PackError'

  constructor(code: PackErrorCode, message: string) {
    super(code, message, NEXT[code])
  }
}
