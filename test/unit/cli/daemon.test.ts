import { expect, test } from 'vitest'
import { consoleLines } from '../../../src-main/cli/daemon.ts'

test('prints a sign-in link on a terminal, and into a journal only the address', () => {
  let links = 0
  const url = 'http://127.0.0.1:7080'
  const console = { url, signInUrl: () => `${url}/#/sign-in?code=${(links += 1)}` }
  expect(consoleLines(console, false)).toEqual([`Console: ${url}`, 'plumbline console prints a sign-in link.'])
  expect(links).toBe(0)
  expect(consoleLines(console, true)[0]).toBe(`Console: ${url}/#/sign-in?code=1`)
})
