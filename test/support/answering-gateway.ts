/** A data folder in which a gateway seems to run, whose calls a test answers; for what commands make of answers. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { vi } from 'vitest'
import { invocationOf, type Command } from '../../src-main/cli/command.ts'
import { writeRuntime } from '../../src-main/gateway/folder/runtime-file.ts'
import { temporaryFolder } from './temporary-folder.ts'

export interface Asked {
  method: string
  path: string
  /** Of a call that has one. */
  body: Record<string, unknown>
}

/** Gives the folder. `answer`: the status, and what is sent as JSON. */
export async function answeringGateway(
  onFinished: (clean: () => void) => void,
  answer: (asked: Asked) => [status: number, body: object],
): Promise<string> {
  const server = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      const text = Buffer.concat(parts).toString()
      const body = (text === '' ? {} : JSON.parse(text)) as Record<string, unknown>
      const [status, answered] = answer({ method: request.method ?? '', path: request.url ?? '', body })
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answered))
    })
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  onFinished(() => void server.close())
  const data = temporaryFolder(onFinished)
  mkdirSync(join(data, 'gw-1'))
  writeFileSync(join(data, 'gw-1', 'genesis.cose'), '')
  const { port } = server.address() as AddressInfo
  const runtime = { pid: process.pid, name: 'gw-1', host: '127.0.0.1', port, token: 't'.repeat(32), version: '1' }
  writeRuntime(join(data, 'gw-1', 'runtime.json'), { ...runtime, startedAtUs: 1 })
  return data
}

/** Runs a command on that folder in this process; gives its exit status and what it printed. */
export async function runOn(
  data: string,
  command: Command,
  args: readonly string[],
): Promise<{ status: number; out: string }> {
  const parts: string[] = []
  const out = vi.spyOn(process.stdout, 'write').mockImplementation((text) => parts.push(String(text)) > 0)
  try {
    const invocation = invocationOf(command, [...args, '--data', data])
    if (invocation === 'help') throw new Error('help')
    return { status: await command.run(invocation), out: parts.join('') }
  } finally {
    out.mockRestore()
  }
}
