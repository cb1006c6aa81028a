import { readFile, rename, writeFile } from 'node:fs/promises'
import { messageOf } from '../../../wire/plumbline-error.ts'

/** Made by a person, or for `pinned` by whoever wrote the configuration. */
export type CertificateDecision = 'trusted' | 'refused' | 'pinned'

/** By fingerprint, then by source. */
type Decisions = Record<string, Record<string, CertificateDecision>>

const KNOWN: ReadonlySet<unknown> = new Set<CertificateDecision>(['trusted', 'refused', 'pinned'])

/**
 * Which certificate was trusted or refused for which source, in one file. The store's folders cannot tell: they know no
 * sources, and the stack also puts certificates among the rejected that nobody has looked at yet.
 */
export class CertificateDecisions {
  readonly #file: string
  #decisions: Decisions
  #writing: Promise<void> = Promise.resolve()

  private constructor(file: string, decisions: Decisions) {
    this.#file = file
    this.#decisions = decisions
  }

  /** Rejects when the file is there and cannot be read: forgotten refusals would be trust. */
  static async open(file: string): Promise<CertificateDecisions> {
    const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return '{}'
      throw error
    })
    try {
      return new CertificateDecisions(file, parse(text))
    } catch (error) {
      throw new Error(
        `${file} holds no decisions about certificates (${messageOf(error)}). Restore it, or remove it and decide again.`,
        { cause: error },
      )
    }
  }

  of(fingerprint: string, source: string): CertificateDecision | null {
    return this.#decisions[fingerprint]?.[source] ?? null
  }

  /** Sources for which this certificate is accepted. */
  acceptedFor(fingerprint: string): string[] {
    const decisions = Object.entries(this.#decisions[fingerprint] ?? {})
    return decisions.filter(([, decision]) => decision !== 'refused').map(([source]) => source)
  }

  async set(fingerprint: string, source: string, decision: CertificateDecision): Promise<void> {
    const decisions = { ...this.#decisions }
    decisions[fingerprint] = { ...decisions[fingerprint], [source]: decision }
    this.#decisions = decisions
    // One after the other: sources decide at the same time when a gateway starts.
    this.#writing = this.#writing.catch(() => undefined).then(() => this.#write())
    await this.#writing
  }

  async #write(): Promise<void> {
    const half = `${this.#file}.new`
    await writeFile(half, `${JSON.stringify(this.#decisions, null, 2)}\n`, { mode: 0o600, flush: true })
    await rename(half, this.#file)
  }
}

function parse(text: string): Decisions {
  const parsed: unknown = JSON.parse(text)
  if (!isRecord(parsed)) throw new Error('it is no JSON object')
  for (const [fingerprint, sources] of Object.entries(parsed))
    if (!isRecord(sources) || !Object.values(sources).every((decision) => KNOWN.has(decision)))
      throw new Error(`the entry of ${fingerprint} is unknown`)
  return parsed as Decisions
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
