/**
 * The part of WebAssembly that the pack hosts use; every host of the pure layers has it.
 * Declared by hand so that neither DOM nor Node types enter the pure layers.
 */
declare namespace WebAssembly {
  function validate(bytes: ArrayBuffer): boolean
  function compile(bytes: Uint8Array<ArrayBuffer>): Promise<Module>
  class Module {
    readonly _module: true
  }
  type Exports = { readonly [name: string]: unknown }
  class Instance {
    constructor(module: Module, imports: object)
    readonly exports: Exports
  }
  class Memory {
    constructor(limits: { initial: number; maximum: number })
    readonly buffer: ArrayBuffer
  }
}
