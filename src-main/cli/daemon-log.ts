import pino, { type Logger } from 'pino'

/** A daemon's log. That it cannot be written, as on a full disk, is said once on standard error and ends nothing. */
export function openLog(name: string, file: string): Logger {
  const destination = pino.destination({ dest: file, mkdir: true, sync: false })
  let said = false
  destination.on('error', (error: Error) => {
    if (said) return
    said = true
    process.stderr.write(
      `plumbline: ${name}: the log ${file} cannot be written: ${error.message}. The gateway goes on.\n`,
    )
  })
  return pino({ name, level: process.env['PLUMBLINE_LOG_LEVEL'] ?? 'info' }, destination)
}
