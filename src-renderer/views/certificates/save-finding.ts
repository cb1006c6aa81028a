/** The answer of a check as a file. It is a note of what was found here, signed by nobody. */
import type { DocumentCheck } from '../../words/certificate.ts'

export function saveFinding(result: DocumentCheck, fileName: string, checkedAtUs: number): void {
  const { claims: _, ...finding } = result
  const content = { fileName, checkedAt: new Date(checkedAtUs / 1000).toISOString(), ...finding }
  const address = URL.createObjectURL(new Blob([`${JSON.stringify(content, null, 2)}\n`], { type: 'application/json' }))
  const link = document.createElement('a')
  link.href = address
  link.download = `${fileName}.finding.json`
  link.click()
  setTimeout(() => URL.revokeObjectURL(address), 10_000)
}
