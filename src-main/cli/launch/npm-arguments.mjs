/**
 * What `npm start -- ...` means on plumbline's own command line.
 *
 * @param {string[]} args what npm passed on
 * @returns {string[]} arguments that begin with a command:
 *   nothing or options only -> `demo ...`; `--gateway ...` -> `start ...`; a command stays what it is
 */
export function startArguments(args) {
  const gateway = args.indexOf('--gateway')
  if (gateway >= 0) return ['start', ...args.slice(0, gateway), ...args.slice(gateway + 1)]
  const first = args[0]
  if (first === undefined || first.startsWith('-')) return ['demo', ...args]
  return args
}
