/** Whether a certificate says what its evidence shows. */
import { canonicalJson } from '../wire/json.ts'
import type { JsonObject } from './credential.ts'
import { StepStop } from './step.ts'

const SHOWN_CHARS_MAX = 300

/** Throws StepStop naming the first field in which the two differ; the verdict comes before all others. */
export function compareSubjects(derived: JsonObject, stated: JsonObject): void {
  const names = ['verdict', ...Object.keys(derived), ...Object.keys(stated)]
  for (const name of names) {
    const expected = show(derived, name)
    const actual = show(stated, name)
    if (expected === actual) continue
    throw new StepStop(`the file says another ${name} than follows from its evidence`, cut(expected), cut(actual))
  }
}

/** Own members only: a name such as "constructor" is found on every object. */
function show(subject: JsonObject, name: string): string {
  const value = Object.hasOwn(subject, name) ? subject[name] : undefined
  return value === undefined ? 'nothing' : canonicalJson(value)
}

function cut(text: string): string {
  return text.length <= SHOWN_CHARS_MAX ? text : `${text.slice(0, SHOWN_CHARS_MAX)}…`
}
