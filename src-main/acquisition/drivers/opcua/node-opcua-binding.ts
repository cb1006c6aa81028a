/** The OPC UA stack behind the driver: node-opcua, with its own reconnection and its trusting defaults switched off. */
import { readFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import {
  MessageSecurityMode,
  OPCUAClient,
  SecurityPolicy,
  UserTokenType,
  type ClientSession,
  type EndpointDescription,
  type OPCUAClientOptions,
  type UserIdentityInfo,
} from 'node-opcua'
import type { OpcuaSource } from '../../config.ts'
import { SECURITY_POLICIES, type SecurityPolicyName } from '../../config-drivers.ts'
import { messageOf } from '../../../wire/plumbline-error.ts'
import { within } from '../backoff.ts'
import { OpcuaFault, type OpcuaBinding, type OpcuaCertificateStore, type OpcuaOffer } from './binding.ts'
import { DiskCertificateStore } from './certificate-store.ts'
import { silenceStack } from './quiet.ts'
import { NodeOpcuaSession } from './node-opcua-session.ts'

const CONNECT_TIMEOUT_MS = 10_000
const CLOSE_TIMEOUT_MS = 2000
/** Shorter session timeouts make the stack fault. */
const SESSION_TIMEOUT_MS = 60_000
const KEEP_ALIVE_MS = 5000
/** The stack sets no limits of its own. */
const TRANSPORT = {
  maxMessageSize: 16 * 1024 * 1024,
  maxChunkCount: 512,
  receiveBufferSize: 65_536,
  sendBufferSize: 65_536,
}

silenceStack()

export const binding: OpcuaBinding = {
  openStore: async (folder) =>
    await DiskCertificateStore.open(folder, {
      applicationUri: `urn:${hostname()}:plumbline:gateway`,
      commonName: 'Plumbline gateway',
      hosts: [hostname()],
    }),

  discover: async (source, store) => {
    const client = OPCUAClient.create(clientOptions(store))
    try {
      await within(client.connect(source.endpoint), CONNECT_TIMEOUT_MS, `no answer within ${CONNECT_TIMEOUT_MS} ms`)
      const endpoints = await within(
        client.getEndpoints(),
        CONNECT_TIMEOUT_MS,
        `no list of endpoints within ${CONNECT_TIMEOUT_MS} ms`,
      )
      return chooseOffer(source, endpoints)
    } catch (error) {
      throw faultOf(error)
    } finally {
      await disconnect(client)
    }
  },

  connect: async (source, offer, store, events) => {
    const client = OPCUAClient.create({
      ...clientOptions(store),
      securityMode: MessageSecurityMode.SignAndEncrypt,
      securityPolicy: SecurityPolicy[offer.securityPolicy],
      // Only this certificate, which was checked; the stack then asks nobody again.
      serverCertificate: Buffer.from(offer.certificate),
    })
    try {
      const identity = await identityOf(source)
      await within(
        client.connect(source.endpoint),
        CONNECT_TIMEOUT_MS,
        `no secure channel within ${CONNECT_TIMEOUT_MS} ms`,
      )
      const session: ClientSession = await within(
        client.createSession(identity),
        CONNECT_TIMEOUT_MS,
        `no session within ${CONNECT_TIMEOUT_MS} ms`,
      )
      return await NodeOpcuaSession.start(source, client, session, events)
    } catch (error) {
      await disconnect(client)
      throw faultOf(error)
    }
  },
}

/** Exported for tests of what the stack is told. */
export function clientOptions(store: OpcuaCertificateStore): OPCUAClientOptions {
  const { manager, own, applicationUri } = store as DiskCertificateStore
  return {
    applicationName: 'Plumbline gateway',
    applicationUri,
    clientCertificateManager: manager,
    certificateFile: own.file,
    privateKeyFile: manager.privateKey,
    // Servers behind a router name an address of theirs; we connect to the one that was configured.
    endpointMustExist: false,
    // Reconnection is ours: a restarted server may hand out the same subscription id, and then the stack sees no change.
    connectionStrategy: { maxRetry: 0, initialDelay: 500, maxDelay: 1000 },
    requestedSessionTimeout: SESSION_TIMEOUT_MS,
    keepSessionAlive: true,
    keepAliveInterval: KEEP_ALIVE_MS,
    transportSettings: TRANSPORT,
    transportTimeout: CONNECT_TIMEOUT_MS,
  }
}

function chooseOffer(source: OpcuaSource, endpoints: EndpointDescription[]): OpcuaOffer {
  const policies: readonly SecurityPolicyName[] =
    source.securityPolicy === undefined ? SECURITY_POLICIES : [source.securityPolicy]
  for (const securityPolicy of policies) {
    const found = endpoints.find(
      (endpoint) =>
        endpoint.securityMode === MessageSecurityMode.SignAndEncrypt &&
        endpoint.securityPolicyUri === SecurityPolicy[securityPolicy],
    )
    if (found !== undefined) return { certificate: Uint8Array.from(found.serverCertificate), securityPolicy }
  }
  const offered = endpoints.map(
    (endpoint) => `${MessageSecurityMode[endpoint.securityMode]} ${endpoint.securityPolicyUri?.split('#')[1] ?? ''}`,
  )
  throw new OpcuaFault(
    'no-secure-endpoint',
    `it offers ${[...new Set(offered)].join(', ') || 'nothing'}, and SignAndEncrypt with ${policies.join(' or ')} is needed`,
  )
}

async function identityOf(source: OpcuaSource): Promise<UserIdentityInfo> {
  if (source.login.kind === 'anonymous') return { type: UserTokenType.Anonymous }
  const { user, passwordFile } = source.login
  const password = await readFile(passwordFile, 'utf8').catch((error: unknown) => {
    throw new OpcuaFault('other', `the password file ${passwordFile} cannot be read: ${messageOf(error)}`)
  })
  return { type: UserTokenType.UserName, userName: user, password: password.replace(/\r?\n$/, '') }
}

const CERTIFICATE_REFUSALS = /BadSecurityChecksFailed|BadCertificate\w*/
const LOGIN_REFUSALS = /BadIdentityToken\w*|BadUserAccessDenied|BadUserSignatureInvalid/

function faultOf(error: unknown): OpcuaFault {
  if (error instanceof OpcuaFault) return error
  const message = messageOf(error)
  const login = LOGIN_REFUSALS.exec(message)
  if (login !== null) return new OpcuaFault('login-refused', login[0])
  const certificate = CERTIFICATE_REFUSALS.exec(message)
  if (certificate !== null) return new OpcuaFault('certificate-refused', certificate[0])
  const system = /(?:connect )?E[A-Z]{5,}[^\n)]*/.exec(message)
  return new OpcuaFault(system === null ? 'other' : 'unreachable', system?.[0] ?? message.split('\n')[0] ?? message)
}

async function disconnect(client: OPCUAClient): Promise<void> {
  await within(client.disconnect(), CLOSE_TIMEOUT_MS, 'disconnect took too long').catch(() => undefined)
}
