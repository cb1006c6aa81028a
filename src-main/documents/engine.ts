/** The rule engine's WebAssembly bytes, for Node. The pure layers take them as an argument, browsers fetch or embed them. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

/** Path of the engine file inside the installed package. */
export function enginePath(): string {
  return createRequire(import.meta.url).resolve('@jitl/quickjs-wasmfile-release-sync/wasm')
}

/** Throws the file system's error, with the path, when the installation is incomplete. */
export function loadEngine(): Uint8Array {
  return new Uint8Array(readFileSync(enginePath()))
}
