import { readFileSync } from 'node:fs'
import { loadAddon } from '../../../native/addon.ts'
import { lostText, Parts } from '../../ledger/healing/parts.ts'
import { surveyLosses } from '../../ledger/healing/survey.ts'
import type { GatewayFolder } from '../folder/data-folder.ts'

/** What a stopped gateway's disk lost that other gateways have, by name. Throws LedgerError where the ledger cannot be read at all. */
export function lostParts({ ledger: file, genesis }: GatewayFolder): string[] {
  const addon = loadAddon()
  const parts = Parts.read(file, (bytes) => addon.sha256(bytes))
  return surveyLosses({ file, addon, genesis: new Uint8Array(readFileSync(genesis)), parts }).map(lostText)
}
