/**
 * What the product is made of, and whether it is what it says:
 *
 *   npm run sbom            bill of materials (CycloneDX 1.6) on standard output; `-- --out FILE` into a file
 *   npm run licences        whether all of it may be used; `npm run check` does it too
 *   npm run advisories      what the registry warns of, where it answers
 *   npm run reproducible    builds again in another folder and compares the bytes; -- --console without the addon, which takes a minute and a half
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { inRoot } from '../../src-main/cli/launch/root.mjs'
import { printAdvisories } from './advisories.ts'
import { billOfMaterials, invalidity } from './bill-of-materials.ts'
import { allComponents } from './components.ts'
import { licenceFindings } from './licences.ts'
import { checkReproducible } from './reproducible.ts'

const [what, ...args] = process.argv.slice(2)
const { out, console: onlyConsole = false } = wordsOf(args)

/** Where to write, and how much to build; ends with 64 where the words are none of ours. */
function wordsOf(words: string[]): { out?: string; console?: boolean } {
  try {
    return parseArgs({ args: words, options: { out: { type: 'string' }, console: { type: 'boolean' } } }).values
  } catch {
    console.error(`npm run ${what} -- ${words.join(' ')}: it takes nothing but --out FILE, or --console`)
    process.exit(64)
  }
}

async function printBill(): Promise<number> {
  const components = allComponents()
  const bill = billOfMaterials(JSON.parse(readFileSync(inRoot('package.json'), 'utf8')), components)
  const wrong = await invalidity(bill)
  if (wrong !== null) throw new Error(`the bill does not follow its own schema: ${JSON.stringify(wrong)}`)
  if (out === undefined) process.stdout.write(bill)
  else {
    writeFileSync(out, bill)
    console.error(`${out}: ${components.length} components`)
  }
  return 0
}

function printLicences(): number {
  const components = allComponents()
  const findings = licenceFindings(components)
  for (const line of findings) console.log(line)
  console.log(`${components.length} components, ${findings.length} that may not be used`)
  return findings.length === 0 ? 0 : 1
}

const tasks: Record<string, () => number | Promise<number>> = {
  sbom: printBill,
  licences: printLicences,
  advisories: printAdvisories,
  reproducible: () => checkReproducible(onlyConsole),
}
process.exitCode = (await tasks[what ?? '']?.()) ?? 64
