/** The typefaces as they are installed, for Node. */
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import type { FontSource } from './font-source.ts'

const require = createRequire(import.meta.url)

/** Reads `ibm-plex-sans-latin-400-normal.woff` out of `@fontsource/ibm-plex-sans`. */
export const installedFonts: FontSource = async (name) => {
  const family = /^ibm-plex-(?:sans|mono)(?=-)/.exec(name)?.[0]
  if (family === undefined) throw new Error(`${name} is no typeface of ours`)
  return new Uint8Array(await readFile(require.resolve(`@fontsource/${family}/files/${name}`)))
}
