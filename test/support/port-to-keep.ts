import { freePort } from '../../src-main/cli/free-port.ts'

/**
 * A port for what listens there again and again: below those that the system gives to connections that go out (from 32768 on),
 * one of which would otherwise have it the moment its owner is killed.
 */
export function portToKeep(): Promise<number> {
  return freePort(20_000 + Math.floor(Math.random() * 12_000))
}
