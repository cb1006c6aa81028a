import { join } from 'node:path'
import { build } from 'vite'

/** A module of this folder as one classic script that puts what it exports on the page as `vectors`. */
export async function bundled(module: string): Promise<string> {
  const built = await build({
    configFile: false,
    logLevel: 'error',
    publicDir: false,
    build: {
      write: false,
      target: 'es2023',
      lib: { entry: join(import.meta.dirname, module), formats: ['iife'], name: 'vectors' },
    },
  })
  const [output] = [built].flat()
  if (output === undefined || !('output' in output)) throw new Error('the bundler gave no output')
  return output.output[0].code
}
