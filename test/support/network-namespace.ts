/** Another machine on this one: a network namespace with a cable of its own (ip-netns(8), veth(4)). */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'

/** A /30 out of 198.18.0.0/15, which RFC 2544 keeps for trials of networks. */
const NET = `198.18.${process.pid % 256}`

export interface Namespace {
  /** This machine's end of the cable. */
  readonly here: string
  /** Runs a program there. */
  spawn(command: string, args: readonly string[]): ChildProcess
  remove(): void
}

const ip = (...args: string[]) => spawnSync('ip', args, { encoding: 'utf8' })

/** Null where this account may not make one, or `ip` is missing. */
export function makeNamespace(): Namespace | null {
  const name = `plumb${process.pid}`
  const [near, far] = [`pl${process.pid}`.slice(0, 15), `pr${process.pid}`.slice(0, 15)]
  const remove = (): void => {
    ip('link', 'del', near)
    ip('netns', 'del', name)
  }
  const steps = [
    ['netns', 'add', name],
    ['link', 'add', near, 'type', 'veth', 'peer', 'name', far],
    ['link', 'set', far, 'netns', name],
    ['addr', 'add', `${NET}.1/30`, 'dev', near],
    ['link', 'set', near, 'up'],
    ['-n', name, 'addr', 'add', `${NET}.2/30`, 'dev', far],
    ['-n', name, 'link', 'set', far, 'up'],
    ['-n', name, 'link', 'set', 'lo', 'up'],
  ]
  for (const step of steps) {
    if (ip(...step).status === 0) continue
    remove()
    return null
  }
  return {
    here: `${NET}.1`,
    spawn: (command, args) =>
      spawn('ip', ['netns', 'exec', name, command, ...args], { stdio: ['ignore', 'pipe', 'inherit'] }),
    remove,
  }
}
