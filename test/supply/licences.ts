/** Whether what others wrote may be handed on with this product, and may build it. */
import parse from 'spdx-expression-parse'
import type { Component } from './components.ts'

/** Ask for no more than to be named. */
const PERMISSIVE = new Set([
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  'CC0-1.0',
  'ISC',
  'MIT',
  'OFL-1.1',
  'Unicode-3.0',
  'Unlicense',
])
/** For tools and data that nobody gets from us. */
const FOR_BUILDING = new Set(['CC-BY-3.0', 'CC-BY-4.0', 'MPL-2.0'])
/** Licences that stand in no field of the package but in a file of it, as read there. */
const READ_BY_HAND: Readonly<Record<string, string>> = {
  '@inlang/plugin-message-format@4.4.4': 'MIT',
  'dequeue@1.0.5': 'BSD-2-Clause',
  'humanize@0.0.9': 'MIT',
  'png-js@2.0.0': 'MIT',
  'precond@0.2.3': 'MIT',
  'sqlite-wasm-kysely@0.3.0': 'MIT',
}

type Parsed = ReturnType<typeof parse>

/** SPDX expression of a component: as stated, or as read from its files; null where neither is known. */
export function licenceOf({ name, version, licence }: Component): string | null {
  return licence ?? READ_BY_HAND[`${name}@${version}`] ?? null
}

/** @returns one line for each component that must not be used as it is; none when all may */
export function licenceFindings(components: readonly Component[]): string[] {
  return components.flatMap((component) => {
    const licence = licenceOf(component)
    const what = `${component.ecosystem} ${component.name} ${component.version}`
    if (licence === null) return [`${what} states no licence: read its files, then name it in test/supply/licences.ts`]
    let parsed: Parsed
    try {
      parsed = parse(licence)
    } catch {
      return [`${what}: "${licence}" is no SPDX expression`]
    }
    if (isAllowed(parsed, component.isDevelopment)) return []
    return [`${what} is under ${licence}${component.isDevelopment ? '' : ' and would be handed on'}`]
  })
}

/** Of alternatives one must be fit, of several at once each. */
function isAllowed(licence: Parsed, isDevelopment: boolean): boolean {
  if ('conjunction' in licence) {
    const sides = [licence.left, licence.right].map((side) => isAllowed(side, isDevelopment))
    return licence.conjunction === 'or' ? sides.includes(true) : !sides.includes(false)
  }
  return PERMISSIVE.has(licence.license) || (isDevelopment && FOR_BUILDING.has(licence.license))
}
