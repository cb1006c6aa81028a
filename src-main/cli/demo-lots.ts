/** How the demo's lots are signed for: by the calls that anybody's program would make. */
import { readFileSync } from 'node:fs'
import type { Assets } from '../endpoints/certificate-model.ts'
import type { SaidByPerson } from '../endpoints/person-calls.ts'
import { GatewayError } from '../gateway/error.ts'
import type { SignedEvent } from '../gateway/channel/sign-event.ts'
import { gatewayFolder } from '../gateway/folder/data-folder.ts'
import { readRuntime, type Runtime } from '../gateway/folder/runtime-file.ts'
import type { LotClerk } from '../simulator/filling-lots.ts'
import type { As } from './signer-option.ts'
import { call, refusalOf } from './daemon-client.ts'

/**
 * @param folder of the gateway that reads the checkweigher
 * @param note where the people's passphrases stand
 */
export function lotClerk(folder: string, note: string, name: string): LotClerk {
  let wrong: GatewayError | null = null
  const runtime = (): Runtime => {
    const running = readRuntime(gatewayFolder(folder).runtime)
    if (running === null) throw new GatewayError('not_running', `no gateway runs on ${folder}`, 'Look into its log.')
    return running
  }
  const state = async (asset: string, type: string, body: object): Promise<SaidByPerson> => {
    // Whoever was given another passphrase is not locked out by tries with the old one.
    if (wrong !== null) throw wrong
    const as = { name, passphrase: passphraseIn(note, name) } satisfies As
    try {
      return await call<SaidByPerson>(runtime(), 'POST', '/api/ledger/statements', { as, type, body, assets: [asset] })
    } catch (error) {
      if (error instanceof GatewayError && refusalOf(error) === 'wrong_passphrase') wrong = error
      throw error
    }
  }
  return {
    assets: async () => (await call<Assets>(runtime(), 'GET', '/api/assets')).assets.map(({ id }) => id),
    register: async (body) =>
      await call<SignedEvent>(runtime(), 'POST', '/api/ledger/events', { type: 'asset.registered', body }),
    state,
  }
}

/** As `npm start` printed it the first time. */
export function noteLine(name: string, role: string, passphrase: string): string {
  return `${name} (${role}): ${passphrase}\n`
}

function passphraseIn(note: string, name: string): string {
  const line = readFileSync(note, 'utf8')
    .split('\n')
    .find((one) => one.startsWith(`${name} (`))
  const passphrase = line?.split(': ')[1]
  if (passphrase === undefined)
    throw new GatewayError('not_recorded', `${note} has no passphrase of ${name}`, 'See plumbline person list.')
  return passphrase
}
