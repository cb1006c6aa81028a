/** What a gateway remembers about agreement across restarts: that it doubts its ledger, whose record differs, and proofs of a fork. */
import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { FORK_PROOF_BYTES_MAX } from '../../record/fork-proof.ts'
import { utf8 } from '../../wire/bytes.ts'
import type { Doubted } from './doubt.ts'
import type { Difference } from './sealed-heads.ts'
import { writeDurably } from '../../disk/durable-file.ts'

export interface Remembered {
  doubted: Doubted | null
  /** By the actor of the member. */
  differences: ReadonlyMap<string, Difference>
}

export interface AgreementMemory {
  /** What was remembered last. */
  load(): Remembered
  /** Returns once it is on the disk. */
  save(remembered: Remembered): void
  /** The texts of the fork proofs at hand, with their file names. */
  proofs(): { file: string; text: string }[]
  /** Keeps a fork proof under a name; gives where. */
  keep(name: string, text: string): string
}

const PROOFS_MAX = 64

const count = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER)
const schema = z.object({
  doubted: z.object({ from: count, size: count, sinceUs: count }).nullable(),
  differences: z.record(z.string(), z.object({ size: count, root: z.string() })),
})

/** In two places of the data folder: one file, and a folder of proofs that a person may hand on. */
export function agreementFiles(file: string, folder: string): AgreementMemory {
  return {
    load: () => read(file),
    save: ({ doubted, differences }) =>
      writeDurably(
        file,
        utf8(`${JSON.stringify({ doubted, differences: Object.fromEntries(differences) }, null, 2)}\n`),
      ),
    proofs: () => proofsIn(folder),
    keep: (name, text) => {
      mkdirSync(folder, { recursive: true, mode: 0o700 })
      const path = join(folder, name)
      writeDurably(path, utf8(text))
      return path
    },
  }
}

/** For a gateway that keeps nothing: tests, and the simulator. */
export function forgetfulMemory(): AgreementMemory {
  let kept: Remembered = { doubted: null, differences: new Map() }
  const proofs: { file: string; text: string }[] = []
  return {
    load: () => kept,
    save: (remembered) => void (kept = { ...remembered, differences: new Map(remembered.differences) }),
    proofs: () => proofs,
    keep: (name, text) => {
      proofs.push({ file: name, text })
      return name
    },
  }
}

/** A file that is there and cannot be read stands where something was doubted: everything is, until it is proven anew. */
function read(file: string): Remembered {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { doubted: null, differences: new Map() }
    return unreadable()
  }
  try {
    const { doubted, differences } = schema.parse(JSON.parse(text))
    return { doubted, differences: new Map(Object.entries(differences)) }
  } catch {
    return unreadable()
  }
}

function unreadable(): Remembered {
  return { doubted: { from: 0, size: 1, sinceUs: 0 }, differences: new Map() }
}

function proofsIn(folder: string): { file: string; text: string }[] {
  let names: string[]
  try {
    names = readdirSync(folder)
  } catch {
    return []
  }
  return names
    .filter((name) => name.endsWith('.fork.json'))
    .toSorted()
    .slice(0, PROOFS_MAX)
    .flatMap((name) => {
      const file = join(folder, name)
      try {
        const text = readFileSync(file, 'utf8')
        return text.length > FORK_PROOF_BYTES_MAX ? [] : [{ file, text }]
      } catch {
        return []
      }
    })
}
