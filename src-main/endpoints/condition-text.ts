import { kindOf, type ConditionCode, type Facts } from './conditions.ts'

/** One of a condition's texts with its place and facts; a name that nobody gave stays as it stands. */
function fillIn(text: string, place: string, facts: Facts): string {
  return text.replaceAll(/\{(\w+)\}/g, (whole, name: string) => {
    const fact = name === 'place' ? place : facts[name]
    return fact === undefined ? whole : typeof fact === 'number' ? fact.toLocaleString('en') : fact
  })
}

/** In English, for logs, the command line and readers who do not know the code. */
export function conditionText(code: ConditionCode, place: string, facts: Facts): string {
  return fillIn(kindOf(code).text, place, facts)
}
