/** Serves one gateway: its handlers behind the endpoint table, its events, its console. */
import { fileURLToPath } from 'node:url'
import type { Logger } from 'pino'
import { Registry } from 'prom-client'
import { roles, type Role } from '../endpoints/model.ts'
import { Certificates } from '../gateway/certificates.ts'
import type { Gateway } from '../gateway/gateway.ts'
import { certificateAnswers } from './answers/certificates.ts'
import { exportAnswers } from './answers/exporting.ts'
import { findingAnswers } from './answers/finding.ts'
import { ledgerAnswers, namedBlock } from './answers/ledger.ts'
import { overviewAnswers } from './answers/overview.ts'
import { trendAnswers } from './answers/trends.ts'
import { EventFeed } from './event-feed.ts'
import type { Handlers } from './handlers.ts'
import { gatewayMetrics } from './metrics.ts'
import { People } from './people.ts'
import { sessionFile } from './session-file.ts'
import { startApi, type Api } from './server.ts'
import { Sessions, type Identity } from './sessions.ts'

const CONSOLE_DIR = fileURLToPath(new URL('../../out/renderer/', import.meta.url))

export interface GatewayServer {
  readonly port: number
  readonly url: string
  readonly feed: EventFeed
  signInUrl(identity: Identity<Role>): string
  close(): Promise<void>
}

/** Starts the API of a gateway on its configured port, or the next free one. Throws ApiError. */
export async function serveGateway(
  gateway: Gateway,
  options: { token: string; log: Logger; isChecked: boolean },
): Promise<GatewayServer> {
  const people = People.open<Role>(gateway.folder.people, roles)
  const feed = new EventFeed({
    head: gateway.reader.blocks.newestSeal().index + 1,
    blocksAfter: (position, limit) =>
      gateway.reader.blocks
        .blocksFrom(position, limit)
        .map((block) => ({ id: block.sealEntry + 1, data: namedBlock(block, gateway.reader.origin) })),
  })
  const certificates = await Certificates.open(gateway)
  const handlers: Handlers = {
    ...overviewAnswers(gateway, () => people.list()),
    ...ledgerAnswers(gateway),
    ...trendAnswers(gateway),
    ...exportAnswers(gateway),
    ...certificateAnswers(certificates, feed),
    ...findingAnswers(gateway, () => certificates.list()),
    events: (subscription) => feed.subscribe(subscription),
  }
  const metrics = new Registry()
  gatewayMetrics(gateway, metrics)
  const { host, port } = gateway.config.console
  const api: Api = await startApi({
    host,
    port,
    handlers,
    sessions: new Sessions<Role>({ nowUs: gateway.nowUs, store: sessionFile(gateway.folder.sessions, options.log) }),
    people,
    staticDir: CONSOLE_DIR,
    token: options.token,
    gatewayActor: gateway.actor,
    metrics,
    log: options.log,
    nowUs: gateway.nowUs,
    isChecked: options.isChecked,
  })
  return {
    port: api.port,
    url: api.url,
    feed,
    signInUrl: (identity) => api.signInUrl(identity),
    close: () => api.close(),
  }
}
