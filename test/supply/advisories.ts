import { spawnSync } from 'node:child_process'
import { root } from '../../src-main/cli/launch/root.mjs'

export interface Advice {
  /** One for each package that is warned of. */
  readonly lines: readonly string[]
  /** What is handed on has a warning of high or critical severity. */
  readonly isUrgent: boolean
}

interface AuditReport {
  readonly vulnerabilities?: Record<
    string,
    { severity: string; range: string; via: (string | { title: string; url: string })[] }
  >
  readonly message?: string
  readonly error?: { summary?: string }
}

/**
 * What the registry warns of in what is handed on. That it does not answer is no sign that all is well, and is said.
 *
 * @param report standard output of `npm audit --json --omit=dev`
 */
export function adviceOf(report: string): Advice {
  let parsed: AuditReport
  try {
    parsed = JSON.parse(report)
  } catch {
    parsed = {}
  }
  if (parsed.vulnerabilities === undefined) {
    const why = parsed.message ?? parsed.error?.summary ?? 'no answer that can be read'
    return { lines: [`npm: cannot tell, the registry did not answer (${why})`], isUrgent: false }
  }
  const found = Object.entries(parsed.vulnerabilities)
  const lines = found.map(([name, { severity, range, via }]) => {
    const causes = via.map((cause) => (typeof cause === 'string' ? `through ${cause}` : `${cause.title}, ${cause.url}`))
    return `npm: ${severity}: ${name} ${range}: ${causes.join('; ')}`
  })
  return {
    lines: lines.length > 0 ? lines : ['npm: none for what is handed on'],
    isUrgent: found.some(([, { severity }]) => severity === 'high' || severity === 'critical'),
  }
}

/** @returns the exit status: 1 with an urgent warning */
export function printAdvisories(): number {
  const { stdout } = spawnSync('npm', ['audit', '--json', '--omit=dev'], {
    cwd: root,
    encoding: 'utf8',
    timeout: 60_000,
  })
  const { lines, isUrgent } = adviceOf(stdout ?? '')
  for (const line of lines) console.log(line)
  console.log(
    'cargo: not asked, its advisories stand in no registry; with a network: cargo install cargo-audit, then cargo audit in native/',
  )
  return isUrgent ? 1 : 0
}
