import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { messageOf, PlumblineError, printedError, toldOf } from '../../src-main/wire/plumbline-error.ts'
import { root } from './planted.ts'

const BASE = 'src-main/wire/plumbline-error.ts PlumblineError'

/** What is thrown and is no operating error, with the reason. */
const SIGNALS: Readonly<Record<string, string>> = {
  'src-main/certificates/step.ts StepStop':
    'ends a step of the check: a finding about the certificate, with what was expected',
  'src-main/gateway/evidence/proof-steps.ts Stop': 'ends a step of a proof: what it finds is shown as that step',
  'src-main/gateway/evidence/proof-steps.ts Wait': 'a step of a proof for which the ledger is not far enough',
  'src-main/ledger/audit-finding.ts Found': 'unwinds the check of the record to its report',
  'src-main/gateway/channel/healing.ts Unhealed': 'ends a repair: its reason becomes a condition',
  'src-main/cli/export.ts Interrupted': 'Ctrl+C: what was half written is removed',
  'native/cargo.mjs PreconditionError': 'of the launcher, which runs before there is a Node that reads TypeScript',
}

const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  cwd: root,
  encoding: 'utf8',
})
  .split('\n')
  .filter((path) => /^(?:src-main|src-renderer|native)\/.*\.(?:ts|mjs|svelte)$/.test(path))
  .filter((path) => !path.startsWith('src-renderer/paraglide/') && existsSync(join(root, path)))

/** @returns `file class` of every class that extends Error itself */
function ofError(): string[] {
  return files.flatMap((path) =>
    [...readFileSync(join(root, path), 'utf8').matchAll(/\bclass (\w+)(?:<[^{]*>)? extends Error\b/g)].map(
      ([, name]) => `${path} ${name}`,
    ),
  )
}

describe('operating errors', () => {
  test('have one base: what else extends Error is a signal on the list, and nothing on the list is gone', () => {
    expect(ofError().toSorted()).toEqual([BASE, ...Object.keys(SIGNALS)].toSorted())
  })

  test('say what to do, in words, whatever their code', () => {
    const silent = files.filter((path) => /\bnext: ''|\bnext = ''/.test(readFileSync(join(root, path), 'utf8')))
    expect(silent).toEqual([])
  })
})

class Broken extends PlumblineError<'broken'> {
  override readonly name = 'Broken'
}

describe('an operating error', () => {
  const cause = new Error('no voltage')
  const broken = new Broken('broken', 'the pump is broken', 'Call the electrician.', cause)

  test('keeps its code, its advice and what caused it', () => {
    expect(broken).toMatchObject({ name: 'Broken', code: 'broken', next: 'Call the electrician.', cause })
    expect(broken).toBeInstanceOf(Error)
    expect('cause' in new Broken('broken', 'the pump is broken', 'Call the electrician.')).toBe(false)
  })

  test('is printed with what to do on a line of its own', () => {
    expect(printedError(broken)).toBe('the pump is broken\nCall the electrician.')
  })

  test('is told with its own code and advice, anything else with those that are given', () => {
    const otherwise = { code: 'failed', next: 'Look into the log.' }
    expect(toldOf(broken, otherwise)).toEqual({
      code: 'broken',
      message: 'the pump is broken',
      next: 'Call the electrician.',
    })
    expect(toldOf(cause, otherwise)).toEqual({ ...otherwise, message: 'no voltage' })
    expect(toldOf('no voltage', otherwise)).toEqual({ ...otherwise, message: 'no voltage' })
  })

  test('has a text even where whoever threw it gave none', () => {
    expect(messageOf(new RangeError())).toBe('RangeError')
  })
})
