import { startPeers, type PeerAddress, type Peers, type PeersOptions } from '../consensus/peers.ts'
import { makeTlsCertificate } from '../consensus/tls-certificate.ts'
import type { KeyStore } from '../keys/key-store.ts'
import type { GenesisMember } from '../record/member-fields.ts'
import type { OnCondition } from './conditions.ts'
import { nowUs } from './wall-clock.ts'

export interface LinkOptions {
  name: string
  keys: KeyStore
  /** null: this gateway has no links. */
  listen: { host: string; port: number } | null
  /** Where the others are by the configuration. */
  peers: readonly { name: string; host: string; port: number }[]
  onCondition: OnCondition
}

type LinkedMember = Pick<GenesisMember, 'raftId' | 'name' | 'keys'>

/** Opens the links to the other members; null where this gateway listens for none. Throws ConsensusError `listen_failed`. */
export async function openPeers(
  members: readonly LinkedMember[],
  self: number,
  { name, keys, listen, peers, onCondition }: LinkOptions,
  { onUp, onFrame }: Required<Pick<PeersOptions, 'onUp' | 'onFrame'>>,
): Promise<Peers | null> {
  if (listen === null) return null
  const keyPem = keys.privatePem('tls')
  return await startPeers({
    self: { id: self, name, keyPem, certPem: await makeTlsCertificate(keyPem, name) },
    listen,
    peers: addressesOf(members, self, peers),
    clock: { wallUs: nowUs, monotonicUs: () => Math.round(performance.now() * 1000) },
    random: Math.random,
    onUp,
    onFrame,
    onRefused: (_, error) =>
      onCondition('connection-refused', name, true, { reason: error.message.replace(/\.$/, '') }),
    onResting: (id, reason) => {
      const resting = members.find(({ raftId }) => raftId === id)?.name ?? `gateway ${id}`
      onCondition('member-resting', resting, true, { reason })
    },
  })
}

/** One that no key or address is known of is not dialled. */
function addressesOf(members: readonly LinkedMember[], self: number, configured: LinkOptions['peers']): PeerAddress[] {
  return members.flatMap(({ raftId: id, name, keys }) => {
    const address = configured.find((peer) => peer.name === name)
    const key = keys.find((candidate) => candidate.use === 'tls')
    if (id === self || address === undefined || key === undefined) return []
    return [{ id, name, host: address.host, port: address.port, tlsPublicKey: key.public }]
  })
}
