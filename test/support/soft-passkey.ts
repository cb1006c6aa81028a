/** A device that holds one passkey, and answers as a browser passes it on (W3C Web Authentication, Level 2, 6.1 and 6.5). */
import { createHash, createSign, generateKeyPairSync, randomBytes } from 'node:crypto'
import { encodeCbor } from '../../src-main/wire/cbor.ts'

const PRESENT_AND_VERIFIED = 0x05
const WITH_KEY = 0x40

export class SoftPasskey {
  readonly id = randomBytes(16).toString('base64url')
  /** How often it was used; devices that keep a key in several places leave it at 0. */
  counter = 0
  readonly #keys = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  readonly #origin: string

  constructor(origin: string) {
    this.#origin = origin
  }

  /** Of what `optionsToAdd` gives. */
  register(options: object): object {
    const { challenge, rp } = options as { challenge: string; rp: { id: string } }
    const id = Buffer.from(this.id, 'base64url')
    const { x = '', y = '' } = this.#keys.publicKey.export({ format: 'jwk' })
    // RFC 9053, 7.1.1: a key on P-256 for ES256.
    const key = encodeCbor(
      new Map<number, number | Uint8Array>([
        [1, 2],
        [3, -7],
        [-1, 1],
        [-2, Uint8Array.from(Buffer.from(x, 'base64url'))],
        [-3, Uint8Array.from(Buffer.from(y, 'base64url'))],
      ]),
    )
    const authData = Buffer.concat([
      this.#head(rp.id, WITH_KEY),
      Buffer.alloc(16),
      Buffer.from([0, id.length]),
      id,
      key,
    ])
    const attestationObject = encodeCbor({ fmt: 'none', attStmt: {}, authData: Uint8Array.from(authData) })
    return this.#answer('webauthn.create', challenge, {
      attestationObject: Buffer.from(attestationObject).toString('base64url'),
    })
  }

  /** Of what `optionsToSignIn` gives. */
  signIn(options: object): object {
    const { challenge, rpId } = options as { challenge: string; rpId: string }
    const authData = this.#head(rpId, 0)
    const clientData = this.#clientData('webauthn.get', challenge)
    const signature = createSign('sha256')
      .update(authData)
      .update(createHash('sha256').update(clientData).digest())
      .sign(this.#keys.privateKey)
    return this.#answer('webauthn.get', challenge, {
      authenticatorData: authData.toString('base64url'),
      signature: signature.toString('base64url'),
    })
  }

  #head(rpId: string, flags: number): Buffer {
    const counter = Buffer.alloc(4)
    counter.writeUInt32BE(this.counter)
    return Buffer.concat([
      createHash('sha256').update(rpId).digest(),
      Buffer.from([PRESENT_AND_VERIFIED | flags]),
      counter,
    ])
  }

  #clientData(type: string, challenge: string): Buffer {
    return Buffer.from(JSON.stringify({ type, challenge, origin: this.#origin, crossOrigin: false }))
  }

  #answer(type: string, challenge: string, response: object): object {
    const clientDataJSON = this.#clientData(type, challenge).toString('base64url')
    const { id } = this
    return { id, rawId: id, type: 'public-key', clientExtensionResults: {}, response: { clientDataJSON, ...response } }
  }
}
