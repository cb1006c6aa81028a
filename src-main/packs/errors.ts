/**
 * Why a pack could not be run.
 *
 * - `engine_invalid`: the bytes given are no QuickJS engine. Give the file whose SHA-256 the channel has activated.
 * - `pack_invalid`: the source does not define what a pack must define.
 * - `pack_failed`: the pack's own code threw, or returned no JSON.
 * - `pack_limit`: the pack used more instructions, memory, stack or bytes than it may.
 * - `pack_trap`: the engine itself broke. The host is unusable from then on and its outcome means nothing.
 *
 * The first four are decided alike by everybody who runs the same pack over the same input; a trap is not.
 */
export type PackErrorCode = 'engine_invalid' | 'pack_invalid' | 'pack_failed' | 'pack_limit' | 'pack_trap'

/** The one error class of the packs layer. */
export class PackError extends Error {
  override readonly name = 'PackError'
  readonly code: PackErrorCode

  constructor(code: PackErrorCode, message: string) {
    super(message)
    this.code = code
  }
}
