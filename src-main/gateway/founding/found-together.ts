/** Founding a channel with gateways of which only their descriptions are here. */
import { loadEngine } from '../../documents/engine.ts'
import type { KeyStore } from '../../keys/key-store.ts'
import { toHex } from '../../wire/bytes.ts'
import { MAX_MEMBERS, MAX_NAME_BYTES } from '../../wire/limits.ts'
import { skeleton } from '../../wire/look-alike.ts'
import { hiddenCharacter } from '../../wire/plain-text.ts'
import { GatewayError } from '../error.ts'
import { genesisBody, majorityOf, signGenesis } from '../folder/found.ts'
import type { GatewayDescription } from './gateway-description.ts'

export interface Founders {
  name: string
  site: string
  simulated: boolean
  /** How many must cosign; the majority where it is not said. */
  quorum?: number
  /** Each with the file that it came in. The founder's is among them. */
  members: readonly { file: string; description: GatewayDescription }[]
  nowUs: number
  random(bytes: number): Uint8Array
}

/**
 * The genesis of a channel whose members are described, signed by the one whose keys are here; members are numbered in the order given.
 *
 * @throws {GatewayError} `founding_refused` with what can't stand and what to do
 */
export function foundTogether(founder: KeyStore, founders: Founders): Uint8Array {
  requireText('--name', founders.name)
  requireText('--site', founders.site)
  requireMembers(founders)
  requireApart(founders)
  requireFounder(founder, founders)
  const members = founders.members.map(({ description: { actor, name, legalName, keys } }) => ({
    actor,
    name,
    legalName,
    keys,
  }))
  return signGenesis(founder, genesisBody({ ...founders, members, engine: loadEngine() }), founders)
}

/** A name on the ledger stays for ever. */
function requireText(option: string, text: string): void {
  const hidden = hiddenCharacter(text)
  if (hidden !== null) refuse(`${option} holds ${hidden}, which no name may hold`, 'Type it anew.')
  if (text.trim() === '' || Buffer.byteLength(text) > MAX_NAME_BYTES)
    refuse(`${option} is no text of 1 to ${MAX_NAME_BYTES} bytes`, 'Give a short name.')
}

function requireMembers({ members, quorum }: Founders): void {
  if (members.length > MAX_MEMBERS)
    refuse(
      `${members.length} gateways are described, and a channel has at most ${MAX_MEMBERS}`,
      'Found several channels.',
    )
  if (quorum === undefined) return
  const least = majorityOf(members.length)
  if (quorum < least || quorum > members.length)
    refuse(
      `a quorum of ${quorum} is not between ${least} and ${members.length}: with less than the majority two halves could each certify a record of their own`,
      'Leave --quorum away; then it is the majority.',
    )
}

/** Each is another gateway, and a person can tell them apart. */
function requireApart({ members }: Founders): void {
  members.forEach(({ file, description: one }, i) => {
    for (const { file: otherFile, description: other } of members.slice(0, i)) {
      const both = `${otherFile} and ${file}`
      if (one.actor === other.actor) refuse(`${both} describe the same gateway, ${one.name}`, 'Name each gateway once.')
      if (one.name === other.name)
        refuse(`${both} describe two gateways that are both called ${one.name}`, renamed(one.name))
      if (skeleton(one.name) === skeleton(other.name))
        refuse(`the names ${other.name} and ${one.name} cannot be told apart by a reader`, renamed(one.name))
      if (one.legalName !== other.legalName && skeleton(one.legalName) === skeleton(other.legalName))
        refuse(
          `the legal names "${other.legalName}" and "${one.legalName}" look the same and would count as two parties`,
          'Write it in one way in both configurations (legalName) and describe those gateways again.',
        )
      const keys = new Set(other.keys.map(({ public: key }) => toHex(key)))
      const same = one.keys.find(({ public: key }) => keys.has(toHex(key)))
      if (same !== undefined)
        refuse(
          `${both} list the same key (of ${one.name} for "${same.use}")`,
          'One of the two is not what it says. Find out which before you go on.',
        )
    }
  })
}

function requireFounder(founder: KeyStore, { members }: Founders): void {
  const own = members.find(({ description }) => description.actor === founder.actorId)
  if (own === undefined)
    refuse(
      'the gateway that founds is not among those described',
      'Give its own description as well: plumbline channel describe --out FILE makes it.',
    )
  else if (own.description.keys.some(({ use, public: key }) => toHex(key) !== toHex(founder.public(use))))
    refuse(
      `${own.file} lists other keys than this gateway has`,
      'Make it again: plumbline channel describe --out FILE.',
    )
}

function renamed(name: string): string {
  return `Give one of them another name in its configuration and describe it again. A folder that was made as ${name} keeps its keys when it is renamed with it.`
}

function refuse(what: string, next: string): never {
  throw new GatewayError('founding_refused', `no channel was founded: ${what}`, next)
}
