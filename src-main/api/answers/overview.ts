/** Who is here, and how everything is: session, status, points, peers, sources. */
import type { People as PeopleJson, Role, Session, Status } from '../../endpoints/model.ts'
import { confirmClock } from '../../gateway/clock/confirm-clock.ts'
import type { Gateway } from '../../gateway/gateway.ts'
import { VERSION } from '../../gateway/version.ts'
import { fromHex } from '../../wire/bytes.ts'
import { ApiError } from '../api-error.ts'
import type { Handlers } from '../handlers.ts'
import { continuesJson } from '../../record/continues.ts'

type Answers = Pick<
  Handlers,
  | 'people'
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

export function overviewAnswers(gateway: Gateway, people: () => { name: string; role: Role }[]): Answers {
  return {
    people: () => peopleOf(gateway, people()),
    session: ({ caller }) => ({
      ...sessionOf(gateway, caller),
      isListed: people().some(({ name }) => name === caller.name),
    }),
    status: () => statusNow(gateway),
    points: () => ({ points: gateway.points.all() }),
    peers: () => peersOf(gateway),
    assets: () => ({ assets: gateway.assets() }),
    checkNow: () => {
      gateway.record.now()
      return { started: true }
    },
    acknowledgeChange: async ({ body, caller }) => await gateway.acknowledgeChange(caller.name, body.reason),
    repair: ({ caller }) => {
      void gateway.healing.heal(caller.name)
      return gateway.healing.state
    },
    confirmClock: ({ body, caller }) => {
      const name = caller.via === 'token' ? (body.confirmedBy ?? caller.name) : caller.name
      return confirmClock(gateway, { shownUs: body.shownUs, name })
    },
    trustSource: async ({ params, body, caller }) => {
      const { fingerprint, decision } = body
      await gateway.acquisition.trust(params.id, fingerprint, decision)
      gateway.thread.record('source.decided', {
        source: params.id,
        fingerprint: fromHex(fingerprint),
        decision,
        name: caller.name,
        personRole: caller.role,
      })
      return { state: gateway.sourceState(params.id)?.state ?? 'connecting' }
    },
    sourceCertificate: ({ params }) => {
      const shown = gateway.acquisition.certificate(params.id)
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

function statusNow(gateway: Gateway): Status {
  const status = gateway.status
  if (status === null) throw new ApiError(503, 'starting', 'the gateway is still starting', 'Try again in a second.')
  return status
}

function channelOf(gateway: Gateway): { id: string; name: string; site: string; simulated: boolean } {
  const { name, site, simulated } = gateway.reader.channelState()
  return { id: gateway.thread.identity.channel, name, site, simulated }
}

function sessionOf(gateway: Gateway, user: { name: string; role: Role }): Omit<Session, 'isListed'> {
  return {
    user: { name: user.name, role: user.role },
    gateway: { name: gateway.name, actor: gateway.actor },
    channel: {
      ...channelOf(gateway),
      origin: gateway.thread.identity.origin,
      continues: continuesJson(gateway.reader.channelState()),
    },
    version: VERSION,
  }
}

function peopleOf(gateway: Gateway, people: { name: string; role: Role }[]): PeopleJson {
  const { atUs, integrity, sources, queue, alarms } = statusNow(gateway)
  return {
    people,
    gateway: { name: gateway.name },
    channel: channelOf(gateway),
    integrity,
    sources: { live: sources.filter((source) => source.state === 'live').length, total: sources.length },
    queueReadings: queue.readings,
    atUs,
    alarms: alarms.filter((alarm) => alarm.closedAtUs === null).length,
    version: VERSION,
  }
}

function peersOf(gateway: Gateway): ReturnType<Extract<Handlers['peers'], (...args: never[]) => unknown>> {
  const { gateways } = statusNow(gateway)
  return {
    gateways,
    elections: gateway.ledger?.elections ?? [],
    lagHistory: gateway.lagHistory(),
    tolerates: Math.floor((gateways.length - 1) / 2),
    committed: gateway.ledger?.size ?? 0,
  }
}
