/** The quality pack's rule in the sandbox: as it is shipped, and opened so that a test reaches what lies inside. */
import { loadEngine } from '../../../../src-main/documents/engine.ts'
import { shippedPacks } from '../../../../src-main/gateway/folder/shipped-packs.ts'
import { createPackHost } from '../../../../src-main/packs/host.ts'
import type { PackHost } from '../../../../src-main/packs/host.ts'
import type { Pack } from '../../../../src-main/packs/pack.ts'
import { parseVerdict } from '../../../../src-main/packs/verdict.ts'
import type { PackVerdict } from '../../../../src-main/packs/verdict.ts'
import type { JsonValue } from '../../../../src-main/wire/json.ts'

export const PACK: Pack = shippedPacks().find(({ manifest }) => manifest.id === 'quality')!
export const RULE = PACK.files.rule
const EXPORTS = ';({ judge, accept, derive })'

const host: PackHost = await createPackHost(loadEngine())

export function judge(evidence: JsonValue, rule: string = RULE): PackVerdict {
  return parseVerdict(host.run(rule, 'judge', evidence))
}

/** The value of an expression over `input` and the rule's own names. */
export function inside(expression: string, input: JsonValue = {}): JsonValue {
  if (!RULE.includes(EXPORTS)) throw new Error(`the rule does not end in ${EXPORTS}`)
  return host.run(RULE.replace(EXPORTS, `;({ judge: (input) => (${expression}) })`), 'judge', input)
}
