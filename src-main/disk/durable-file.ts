/**
 * Files that are there whole or not at all, and those that outlast a power cut. A rename puts the new file in the place of the old one in
 * one step; only a sync of the file before it and of the folder after it makes sure that both have reached the disk (rename(2), fsync(2)).
 */
import { closeSync, fdatasyncSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

const MODE = 0o600

/**
 * Writes a file whole and durable, for this account only. The one that was there stays where that fails.
 *
 * @param half its name until it is whole; where two processes may write at the same time, each gives one of its own
 */
export function writeDurably(path: string, content: Uint8Array | string, half = `${path}.new`): void {
  write(path, content, half, true)
  syncFolder(dirname(path))
}

/** The same for what may be lost with a power cut: who reads it finds the old one or the new one, and never half of one. */
export function writeWhole(path: string, content: Uint8Array | string, half = `${path}.new`): void {
  write(path, content, half, false)
}

/** Puts a finished file in its place for good. */
export function renameDurably(from: string, to: string): void {
  syncFile(from)
  renameSync(from, to)
  syncFolder(dirname(to))
}

/** Makes the content of a file durable. */
export function syncFile(path: string): void {
  // Windows syncs a file only for who may write it.
  const file = openSync(path, 'r+')
  try {
    fdatasyncSync(file)
  } finally {
    closeSync(file)
  }
}

/** A name is durable only once its folder is synced; Windows has no such call and does it with the file. */
export function syncFolder(path: string): void {
  if (process.platform === 'win32') return
  const folder = openSync(path, 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}

function write(path: string, content: Uint8Array | string, half: string, flush: boolean): void {
  // One that a killed process left may have another mode.
  rmSync(half, { force: true })
  try {
    writeFileSync(half, content, { mode: MODE, flush })
    renameSync(half, path)
  } catch (error) {
    rmSync(half, { force: true })
    throw error
  }
}
