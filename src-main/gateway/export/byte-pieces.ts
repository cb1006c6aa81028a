/** Texts and bytes on their way out, handed on in pieces of some size. */
export class BytePieces {
  readonly #encoder = new TextEncoder()
  #texts: string[] = []
  #textLength = 0
  #bytes: Uint8Array[] = []
  #length = 0

  text(text: string): void {
    this.#texts.push(text)
    this.#textLength += text.length
    if (this.#textLength > 65_536) this.#encode()
  }

  bytes(bytes: Uint8Array): void {
    this.#encode()
    this.#bytes.push(bytes)
    this.#length += bytes.length
  }

  /** What is there, once it is at least `least` bytes; null before. The buffer is the caller's. */
  take(least: number): Uint8Array<ArrayBuffer> | null {
    if (this.#length + this.#textLength < least || this.#length + this.#textLength === 0) return null
    this.#encode()
    const taken = new Uint8Array(this.#length)
    let at = 0
    for (const one of this.#bytes) {
      taken.set(one, at)
      at += one.length
    }
    this.#bytes = []
    this.#length = 0
    return taken
  }

  #encode(): void {
    if (this.#textLength === 0) return
    const bytes = this.#encoder.encode(this.#texts.join(''))
    this.#texts = []
    this.#textLength = 0
    this.#bytes.push(bytes)
    this.#length += bytes.length
  }
}
