/**
 * What the shell runs as utility process: the command line, told to stop by a message. Signals don't reach every
 * utility process on every platform, so the message is turned into the one the command line listens for anyway.
 */
interface ParentPort {
  on(event: 'message', listener: (message: { data: unknown }) => void): void
}

const { parentPort } = process as NodeJS.Process & { parentPort?: ParentPort }
parentPort?.on('message', ({ data }) => {
  if (data === 'stop') process.emit('SIGTERM')
})

// By address and not by name: the shell starts the command line, it does not use its code.
await import(new URL('../cli/main.ts', import.meta.url).href)
