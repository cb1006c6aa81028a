/**
 * The two encoding globals that every host of the pure layers has (Node, browsers, workers).
 * Declared by hand so that neither DOM nor Node types enter the pure layers.
 */
interface TextEncoder {
  encode(text?: string): Uint8Array<ArrayBuffer>
}
interface TextDecoder {
  decode(bytes?: Uint8Array, options?: { stream?: boolean }): string
}
declare var TextEncoder: { new (): TextEncoder }
declare var TextDecoder: { new (label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean }): TextDecoder }
