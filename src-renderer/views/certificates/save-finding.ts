/** The answer of a check as a file. It is a note of what was found here, signed by nobody. */
import { saveFile } from '../../state/save-file.ts'
import type { DocumentCheck } from '../../words/certificate.ts'

export function saveFinding(result: DocumentCheck, fileName: string, checkedAtUs: number): void {
  const { claims: _, ...finding } = result
  const content = { fileName, checkedAt: new Date(checkedAtUs / 1000).toISOString(), ...finding }
  saveFile(`${JSON.stringify(content, null, 2)}\n`, `${fileName}.finding.json`)
}
