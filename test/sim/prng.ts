/** Seeded pseudo-random numbers (xoshiro128**, seeded by splitmix32): the only source of chance in a simulation. */
export class Prng {
  readonly #state: Uint32Array

  constructor(seed: number, stream = 0) {
    let x = (Math.imul(seed, 0x9e37_79b1) ^ Math.imul(stream + 1, 0x85eb_ca6b)) >>> 0
    this.#state = Uint32Array.from({ length: 4 }, () => {
      x = (x + 0x9e37_79b9) >>> 0
      let z = x
      z = Math.imul(z ^ (z >>> 16), 0x21f0_aaad)
      z = Math.imul(z ^ (z >>> 15), 0x735a_2d97)
      return (z ^ (z >>> 15)) >>> 0
    })
  }

  #next(): number {
    const s = this.#state as unknown as [number, number, number, number]
    const result = Math.imul(rotate(Math.imul(s[1], 5), 7), 9) >>> 0
    const t = s[1] << 9
    s[2] ^= s[0]
    s[3] ^= s[1]
    s[1] ^= s[2]
    s[0] ^= s[3]
    s[2] ^= t
    s[3] = rotate(s[3], 11)
    return result
  }

  /** Uniform in [0, 1). */
  float(): number {
    return this.#next() / 0x1_0000_0000
  }

  /** Uniform integer in [low, high]. */
  int(low: number, high: number): number {
    return low + Math.floor(this.float() * (high - low + 1))
  }

  chance(probability: number): boolean {
    return this.float() < probability
  }

  pick<T>(items: readonly T[]): T {
    return items[this.int(0, items.length - 1)] as T
  }

  /** The same items in another order. */
  shuffle<T>(items: readonly T[]): T[] {
    const left = [...items]
    return items.map(() => left.splice(this.int(0, left.length - 1), 1)[0] as T)
  }
}

function rotate(x: number, bits: number): number {
  return ((x << bits) | (x >>> (32 - bits))) >>> 0
}
