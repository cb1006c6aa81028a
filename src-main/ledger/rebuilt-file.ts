/**
 * How a rebuilt ledger takes the place of the old one, so that an end at any moment loses nothing:
 *
 *     ledger.db.rebuilding   being made; thrown away by the next start
 *     ledger.db.rebuilt      whole and on the disk; the next start goes on with it, and first removes the old file's log
 *
 * And `ledger.db.damaged`, which asks for it: why the writer had to end over a page that opening does not look at; and
 * `ledger.db.parts` with what other gateways gave for it (healing/parts.ts).
 */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { renameDurably, syncFolder, writeDurably } from '../disk/durable-file.ts'

/** Notes that the next start must rebuild. Without it the writer would end at the same page again and again. */
export function askForRebuild(file: string, why: string): void {
  try {
    writeFileSync(markFile(file), why, { mode: 0o600 })
  } catch {
    // A disk that takes no note has more to say than this one.
  }
}

/** Why the writer had to end, where it asked for a rebuild; null otherwise. */
export function askedFor(file: string): string | null {
  try {
    return readFileSync(markFile(file), 'utf8')
  } catch {
    return null
  }
}

/** It was tried. Where it could not be done, trying again would not help. */
export function forgetAsking(file: string): void {
  rmSync(markFile(file), { force: true })
}

function markFile(file: string): string {
  return `${file}.damaged`
}

export function rebuildingFile(file: string): string {
  return `${file}.rebuilding`
}

/** The new file is whole and closed: from here on it is the one that counts. */
export function keepRebuilt(file: string): void {
  renameDurably(rebuildingFile(file), `${file}.rebuilt`)
}

/** Puts a rebuilt file into its place, or throws an unfinished one away; nothing where there is none. */
export function finishRebuild(file: string): void {
  for (const end of ['', '-wal', '-shm']) rmSync(`${rebuildingFile(file)}${end}`, { force: true })
  if (!existsSync(`${file}.rebuilt`)) return
  // The old file's log would be taken for the new one's.
  for (const end of ['-wal', '-shm']) rmSync(`${file}${end}`, { force: true })
  syncFolder(dirname(file))
  renameDurably(`${file}.rebuilt`, file)
}

/** Keeps what other gateways gave (healing/parts.ts) whole and durably, or not at all. */
export function keepParts(file: string, bytes: Uint8Array): void {
  writeDurably(partsFile(file), bytes)
}

export function keptParts(file: string): Uint8Array | null {
  try {
    return readFileSync(partsFile(file))
  } catch {
    return null
  }
}

export function forgetParts(file: string): void {
  rmSync(partsFile(file), { force: true })
}

function partsFile(file: string): string {
  return `${file}.parts`
}
