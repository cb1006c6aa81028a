import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

const RANDOM_BYTES = 16
const TIME_BYTES = 8
const MAC_BYTES = 32
/** As long as a person may look for a key. */
const VALID_US = 5 * 60_000_000

/** What a challenge is for: it counts for nothing else. */
export interface ChallengePurpose {
  readonly act: 'add' | 'sign-in'
  /** Whose key is added; empty for a sign-in, where that is found out. */
  readonly name: string
  readonly rpId: string
}

/**
 * Challenges that are not kept: each carries its end and an authentication code over it and its purpose, so that whoever asks for many fills nothing.
 * One that was answered is remembered until its end, and works once. They end with the process.
 */
export class PasskeyChallenges {
  readonly #key = randomBytes(MAC_BYTES)
  readonly #used = new Map<string, number>()
  readonly #nowUs: () => number

  constructor(nowUs: () => number) {
    this.#nowUs = nowUs
  }

  make(purpose: ChallengePurpose): Uint8Array<ArrayBuffer> {
    const head = Buffer.alloc(RANDOM_BYTES + TIME_BYTES)
    randomBytes(RANDOM_BYTES).copy(head)
    head.writeBigUInt64BE(BigInt(Math.round(this.#nowUs() + VALID_US)), RANDOM_BYTES)
    return Uint8Array.from(Buffer.concat([head, this.#mac(head, purpose)]))
  }

  /** Whether it was made here for this, has not ended, and was not used. Using it up is `use`. */
  isGood(challenge: string, purpose: ChallengePurpose): boolean {
    const bytes = Buffer.from(challenge, 'base64url')
    if (bytes.length !== RANDOM_BYTES + TIME_BYTES + MAC_BYTES) return false
    const head = bytes.subarray(0, RANDOM_BYTES + TIME_BYTES)
    if (!timingSafeEqual(bytes.subarray(head.length), this.#mac(head, purpose))) return false
    return Number(head.readBigUInt64BE(RANDOM_BYTES)) > this.#nowUs() && !this.#used.has(challenge)
  }

  /** Uses it up. False where somebody did meanwhile. */
  use(challenge: string): boolean {
    const nowUs = this.#nowUs()
    for (const [one, untilUs] of this.#used) if (untilUs <= nowUs) this.#used.delete(one)
    if (this.#used.has(challenge)) return false
    this.#used.set(challenge, nowUs + VALID_US)
    return true
  }

  #mac(head: Uint8Array, { act, name, rpId }: ChallengePurpose): Buffer {
    return createHmac('sha256', this.#key)
      .update(head)
      .update(JSON.stringify([act, name, rpId]))
      .digest()
  }
}
