/**
 * `npm run texts`: every text that a person can meet, one a line, to be read aloud: the console's in both languages side by side,
 * standing conditions, the help of each command, and what each error of our own says and advises, with its place in the code.
 */
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import ts from 'typescript'
import { inRoot, packagedNode, root } from '../../src-main/cli/launch/root.mjs'

/** Classes whose arguments a person reads. */
const ERRORS = /^(?:\w*Error|Refusal)$/

type Message = string | [{ match: Record<string, string> }]

function consoleTexts(): string[] {
  const read = (language: string): Record<string, Message> =>
    JSON.parse(readFileSync(inRoot(`src-renderer/messages/${language}.json`), 'utf8'))
  const [en, de] = [read('en'), read('de')]
  const shown = (message: Message | undefined) =>
    typeof message === 'string' ? message : Object.values(message?.[0].match ?? {}).join(' | ')
  return Object.keys(en)
    .filter((key) => !key.startsWith('$'))
    .map((key) => `${key}\n  en: ${shown(en[key])}\n  de: ${shown(de[key])}`)
}

function* sourceFiles(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) yield* sourceFiles(path)
    else if (entry.name.endsWith('.ts')) yield path
  }
}

/** Texts among the arguments of `new SomethingError(...)`; what is filled in stands as `{...}`. */
function errorTexts(): string[] {
  const lines: string[] = []
  for (const path of sourceFiles(inRoot('src-main'))) {
    const file = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest, true)
    const visit = (node: ts.Node): void => {
      if (ts.isNewExpression(node) && ts.isIdentifier(node.expression) && ERRORS.test(node.expression.text)) {
        const texts = (node.arguments ?? []).flatMap(textsIn).filter((text) => /\s/.test(text))
        const { line } = file.getLineAndCharacterOfPosition(node.getStart())
        if (texts.length > 0)
          lines.push(`${relative(root, path)}:${line + 1}\n${texts.map((text) => `  ${text}`).join('\n')}`)
      }
      ts.forEachChild(node, visit)
    }
    visit(file)
  }
  return lines
}

function textsIn(node: ts.Node): string[] {
  if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) return [node.text]
  if (ts.isTemplateExpression(node))
    return [node.head.text + node.templateSpans.map((span) => `{...}${span.literal.text}`).join('')]
  const found: string[] = []
  ts.forEachChild(node, (child) => void found.push(...textsIn(child)))
  return found
}

function helpTexts(): string[] {
  const help = (...args: string[]) =>
    spawnSync(packagedNode, [inRoot('src-main/cli/main.ts'), ...args, '--help'], { encoding: 'utf8' }).stdout.trimEnd()
  const overview = help()
  const commands = [...overview.matchAll(/^ {2}(\w+) {2}/gm)].map((match) => match[1]!)
  return [overview, ...commands.map((command) => help(command))]
}

const parts: [string, () => string[]][] = [
  ['The console, in both languages', consoleTexts],
  ['Errors', errorTexts],
  ['The command line', helpTexts],
]
for (const [title, texts] of parts) {
  const lines = texts()
  console.log(`\n== ${title}: ${lines.length}\n\n${lines.join('\n')}`)
}
