import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openTtyPair } from '../../../src-main/simulator/tty-pair.ts'

test('where socat is missing one line says what to install', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'plumbline-tty-'))
  const path = process.env['PATH']
  process.env['PATH'] = folder
  try {
    await expect(openTtyPair(folder, 'x')).rejects.toThrow(
      /^socat is not installed, so there are no simulated serial devices: install the package "socat"$/,
    )
  } finally {
    process.env['PATH'] = path
    await rm(folder, { recursive: true })
  }
})
