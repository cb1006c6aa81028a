/** A pack as it comes onto a ledger, part by part, and is read from there again. docs/FORMATS.md, "Packs". */
import type { PackHash } from '../record/pack-state.ts'
import { fromUtf8, sha256, toHex, utf8 } from '../wire/bytes.ts'
import { canonicalJson, parseStrictJson } from '../wire/json.ts'
import type { JsonInput } from '../wire/json.ts'
import { MAX_JSON_DEPTH, MAX_PACK_PARTS, MAX_PACK_PART_BYTES } from '../wire/limits.ts'
import { PackError } from './errors.ts'
import { read } from './manifest.ts'
import { packFiles, readPack } from './pack.ts'
import type { Pack } from './pack.ts'

/** The bytes that its hash is taken of, in parts of equal length but for the last. Throws PackError `pack_limit`. */
export function partsOf({ files, manifest }: Pack): Uint8Array[] {
  const whole = utf8(canonicalJson(files as unknown as JsonInput))
  const count = Math.ceil(whole.length / MAX_PACK_PART_BYTES)
  if (count > MAX_PACK_PARTS)
    throw new PackError(
      'pack_limit',
      `the pack ${manifest.id} has ${whole.length} bytes; a ledger takes ${MAX_PACK_PARTS * MAX_PACK_PART_BYTES}`,
    )
  return Array.from({ length: count }, (_, part) =>
    whole.slice(part * MAX_PACK_PART_BYTES, (part + 1) * MAX_PACK_PART_BYTES),
  )
}

/** From its bytes as the ledger has them. Throws PackError `pack_malformed` for what this release cannot read. */
export function recordedPack(bytes: Uint8Array, hash: PackHash): Pack {
  const name = `pack ${hash.slice(0, 8)}`
  const files = read(name, () => {
    const text = fromUtf8(bytes)
    return packFiles(parseStrictJson(text, { maxLength: text.length, maxDepth: MAX_JSON_DEPTH }), name)
  })
  const pack = readPack(files, name)
  if (toHex(sha256(bytes)) !== hash || toHex(pack.hash) !== hash)
    throw new PackError('pack_malformed', `${name}: its parts do not come to it`)
  return pack
}
