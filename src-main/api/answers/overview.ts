/** Who is here, and how everything is: session, status, points, peers, sources. */
import type { Role, Session, Status } from '../../endpoints/model.ts'
import { confirmClock } from '../../gateway/channel/confirm-clock.ts'
import type { Channel } from '../../gateway/channel.ts'
import { VERSION } from '../../gateway/version.ts'
import { fromHex } from '../../wire/bytes.ts'
import { ApiError } from '../api-error.ts'
import type { Handlers } from '../handlers.ts'
import type { Signers } from '../signers.ts'
import { signerIfAny } from './signer-of.ts'
import { continuesJson } from '../../record/continues.ts'

type Answers = Pick<
  Handlers,
  | 'session'
  | 'status'
  | 'points'
  | 'peers'
  | 'assets'
  | 'checkNow'
  | 'acknowledgeChange'
  | 'repair'
  | 'confirmClock'
  | 'trustSource'
  | 'sourceCertificate'
>

export function overviewAnswers(
  channel: Channel,
  signers: Signers,
  people: () => { name: string; role: Role }[],
): Answers {
  return {
    session: ({ caller }) => ({
      ...sessionOf(channel, caller),
      isListed: people().some(({ name }) => name === caller.name),
    }),
    status: () => statusNow(channel),
    points: () => ({ points: channel.points.all() }),
    peers: () => peersOf(channel),
    assets: () => ({ assets: channel.assets() }),
    checkNow: () => {
      channel.record.now()
      return { started: true }
    },
    acknowledgeChange: async ({ body, caller }) => {
      const signer = await signerIfAny(channel, signers, caller, body.as)
      const name = caller.via === 'session' ? caller.name : (body.as?.name ?? caller.name)
      return await channel.acknowledgeChange(name, body.reason, signer)
    },
    repair: ({ caller }) => {
      void channel.healing.heal(caller.name)
      return channel.healing.state
    },
    confirmClock: ({ body, caller }) => {
      const name = caller.via === 'token' ? (body.confirmedBy ?? caller.name) : caller.name
      return confirmClock(channel, { shownUs: body.shownUs, name })
    },
    trustSource: async ({ params, body, caller }) => {
      const { fingerprint, decision } = body
      await channel.acquisition.trust(params.id, fingerprint, decision)
      channel.thread.record('source.decided', {
        source: params.id,
        fingerprint: fromHex(fingerprint),
        decision,
        name: caller.name,
        personRole: caller.role,
      })
      return { state: channel.sourceState(params.id)?.state ?? 'connecting' }
    },
    sourceCertificate: ({ params }) => {
      const shown = channel.acquisition.certificate(params.id)
      if (shown === null)
        throw new ApiError(
          404,
          'no_certificate',
          `source "${params.id}" has shown no certificate`,
          'Wait until it answers; only OPC UA servers have one.',
        )
      return {
        fingerprint: shown.fingerprint,
        subject: shown.subject,
        issuer: shown.issuer,
        selfSigned: shown.subject === shown.issuer,
        validFromUs: shown.notBeforeUs,
        validToUs: shown.notAfterUs,
        address: shown.endpoint,
        security: 'SignAndEncrypt',
        policy: shown.securityPolicy,
        trusted: shown.trusted,
      }
    },
  }
}

/** Throws ApiError `starting`. */
export function statusNow(channel: Channel): Status {
  const status = channel.status
  if (status === null) throw new ApiError(503, 'starting', 'the gateway is still starting', 'Try again in a second.')
  return status
}

export function channelOf(channel: Channel): { id: string; name: string; site: string; simulated: boolean } {
  const { name, site, simulated } = channel.reader.channelState()
  return { id: channel.thread.identity.channel, name, site, simulated }
}

function sessionOf(channel: Channel, user: { name: string; role: Role }): Omit<Session, 'isListed'> {
  return {
    user: { name: user.name, role: user.role },
    gateway: { name: channel.name, actor: channel.actor },
    channel: {
      ...channelOf(channel),
      origin: channel.thread.identity.origin,
      continues: continuesJson(channel.reader.channelState()),
    },
    version: VERSION,
  }
}

function peersOf(channel: Channel): ReturnType<Extract<Handlers['peers'], (...args: never[]) => unknown>> {
  const { gateways } = statusNow(channel)
  return {
    gateways,
    elections: channel.ledger?.elections ?? [],
    lagHistory: channel.lagHistory(),
    tolerates: Math.floor((gateways.length - 1) / 2),
    committed: channel.ledger?.size ?? 0,
  }
}
