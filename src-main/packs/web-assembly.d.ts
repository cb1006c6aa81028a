/**
 * The part of WebAssembly that the pack host uses; every host of the pure layers has it.
 * Declared by hand so that neither DOM nor Node types enter the pure layers.
 */
declare namespace WebAssembly {
  function validate(bytes: ArrayBuffer): boolean
  class Memory {
    constructor(limits: { initial: number; maximum: number })
    readonly buffer: ArrayBuffer
  }
}
