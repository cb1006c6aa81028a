/** The shipped packs as contracts, as a gateway opens its ledger with them. */
import { loadEngine } from '../../src-main/documents/engine.ts'
import { shippedPacks } from '../../src-main/gateway/folder/shipped-packs.ts'
import { createContracts } from '../../src-main/packs/contracts.ts'

export const shippedContracts = await createContracts(loadEngine(), shippedPacks())
