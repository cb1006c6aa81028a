/**
 * Loaded before the program (`node --import`): ends this process in an orderly way when its launcher is gone.
 * Workers and child processes inherit the import but not the variable, and so ignore it.
 */
import { Socket } from 'node:net'
import { isMainThread } from 'node:worker_threads'

const descriptor = Number(process.env.PLUMBLINE_LIFELINE_FD ?? Number.NaN)
delete process.env.PLUMBLINE_LIFELINE_FD

if (isMainThread && Number.isInteger(descriptor)) {
  const line = new Socket({ fd: descriptor, readable: true, writable: false })
  line.on('error', () => {})
  line.once('close', () => process.kill(process.pid, 'SIGTERM'))
  line.resume()
  line.unref()
}
