import { z } from 'zod'
import { checkConfig, describeProblem, gatewayConfigSchema } from '../gateway/folder/config.ts'
import { readConfigText } from '../gateway/folder/config-text.ts'
import { printable, printed } from '../wire/printable.ts'
import type { Command } from './command.ts'
import { EXIT, UsageError } from './exit-status.ts'
import { whyUnread } from './read-file.ts'

export const config: Command = {
  name: 'config',
  usage: 'config check FILE | config schema',
  summary: 'check: reports every problem of a configuration at once. schema: prints its JSON Schema, for an editor.',
  options: {},
  async run({ positionals, print }) {
    const [what, file] = positionals
    if (what === 'schema') {
      const schema = z.toJSONSchema(gatewayConfigSchema, { io: 'input', unrepresentable: 'any' })
      print(schema, JSON.stringify(schema, null, 2))
      return EXIT.ok
    }
    if (what !== 'check' || file === undefined)
      throw new UsageError('say what to do: config check FILE, or config schema')
    let text: string
    try {
      text = readConfigText(file)
    } catch (cause) {
      throw new UsageError(
        printed`cannot read ${file}: ${whyUnread(file, cause)}`,
        'Give the path of an existing file.',
      )
    }
    const { config: parsed, problems } = checkConfig(text)
    if (parsed !== null) {
      const points = parsed.sources.reduce((total, source) => total + source.tags.length, 0)
      print(
        { file, problems: [] },
        printed`${file}: good. Gateway ${parsed.name}; sources: ${parsed.sources.length}, points: ${points}.`,
      )
      return EXIT.ok
    }
    const lines = problems.map((problem) => printable(describeProblem(file, problem)))
    print(
      { file, problems },
      `${lines.join('\n')}\n${problems.length} problem${problems.length === 1 ? '' : 's'}. Nothing was changed.`,
    )
    return EXIT.usage
  },
}
