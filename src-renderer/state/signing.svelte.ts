/**
 * What the reader signs on the ledger. The key opens with the passphrase at the sign-in; whoever came by a link or a passkey, or whose
 * session outlived a restart of the gateway, is asked for the passphrase at the first signature.
 */
import { call, CallError } from '../client/call.ts'
import type { SaidByPerson } from '../words/model.ts'
import { m } from '../paraglide/messages.js'
import { refusalLine } from '../words/refusal.ts'
import { saidWords } from '../words/said.ts'

export interface Passphrase {
  passphrase: string
}

export class Signing {
  /** Whether the key is shut and the passphrase has to come with the next try. */
  asks = $state(false)
  passphrase = $state('')
  busy = $state(false)
  complaint = $state('')

  /** What became of it, in words; null where it was not signed or not taken, and `complaint` says why. */
  async say(type: string, body: unknown): Promise<string | null> {
    return await this.made((as) => call('say', { body: { ...as, type, body } }))
  }

  /** The same for any call that signs as the reader. */
  async made(ask: (as: { as?: Passphrase }) => Promise<SaidByPerson>): Promise<string | null> {
    const said = await this.tried(ask)
    if (said === null) return null
    const { text, isTaken } = saidWords(said)
    if (!isTaken) this.complaint = text
    return isTaken ? text : null
  }

  /** What a call that signs as the reader gives; null where it was refused: `complaint` says why, or `asks` for the passphrase. */
  async tried<T>(ask: (as: { as?: Passphrase }) => Promise<T>): Promise<T | null> {
    if (this.asks && this.passphrase === '') {
      this.complaint = m.sign_in_empty()
      return null
    }
    this.busy = true
    this.complaint = ''
    try {
      const done = await ask(this.asks ? { as: { passphrase: this.passphrase } } : {})
      this.asks = false
      this.passphrase = ''
      return done
    } catch (error) {
      if (!(error instanceof CallError)) throw error
      if (error.code === 'passphrase_needed') this.asks = true
      else this.complaint = refusalLine(error)
      return null
    } finally {
      this.busy = false
    }
  }
}
