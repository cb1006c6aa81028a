import type { OpcuaSource } from '../../../src-main/acquisition/config.ts'
import type {
  OpcuaBinding,
  OpcuaCertificateStore,
  OpcuaEvents,
  OpcuaOffer,
  OpcuaSession,
  RejectedItem,
} from '../../../src-main/acquisition/drivers/opcua/binding.ts'
import type { CertificateDecision } from '../../../src-main/acquisition/drivers/opcua/certificate-decisions.ts'
import { fingerprintOf } from '../../../src-main/acquisition/drivers/opcua/certificate.ts'
import { testCertificate } from './test-certificate.ts'

export const FILLER = await testCertificate('FILLER')
export const OTHER = await testCertificate('OTHER')

/** A server in memory: what it offers, how it answers, and the events of its present session; with a store of certificates. */
export class FakeOpcuaServer implements OpcuaBinding {
  certificate = FILLER
  connectFault: Error | null = null
  rejected: RejectedItem[] = []
  events: OpcuaEvents | null = null
  /** Long enough that no test is stale unless it wants to. */
  publishingIntervalMs = 20_000
  signOfLifeMs = 100
  connections = 0
  closed = 0
  /** What the store's folder accepts, by fingerprint. */
  accepted = new Set<string>()
  /** By fingerprint and source. */
  decisions = new Map<string, CertificateDecision>()
  store: OpcuaCertificateStore = {
    own: { fingerprint: 'ab'.repeat(32), file: '/certs/own.pem' },
    check: async (certificate) => (this.accepted.has(fingerprintOf(certificate)) ? 'Good' : 'BadCertificateUntrusted'),
    decision: (certificate, source) => this.decisions.get(`${fingerprintOf(certificate)} ${source}`) ?? null,
    acceptedFor: (certificate) =>
      [...this.decisions].flatMap(([key, decision]) => {
        const [fingerprint, source = ''] = key.split(' ')
        return fingerprint === fingerprintOf(certificate) && decision !== 'refused' ? [source] : []
      }),
    decide: async (certificate, source, decision) => {
      const fingerprint = fingerprintOf(certificate)
      this.decisions.set(`${fingerprint} ${source}`, decision)
      if (decision === 'refused') this.accepted.delete(fingerprint)
      else this.accepted.add(fingerprint)
    },
    close: async () => undefined,
  }
  openStore = async (): Promise<OpcuaCertificateStore> => this.store
  discover = async (): Promise<OpcuaOffer> => ({
    certificate: this.certificate,
    securityPolicy: 'Aes256_Sha256_RsaPss',
  })
  connect = async (
    _source: OpcuaSource,
    _offer: unknown,
    _store: unknown,
    events: OpcuaEvents,
  ): Promise<OpcuaSession> => {
    if (this.connectFault !== null) throw this.connectFault
    this.connections++
    this.events = events
    return {
      publishingIntervalMs: this.publishingIntervalMs,
      signOfLifeMs: this.signOfLifeMs,
      monitor: async () => this.rejected,
      close: async () => void this.closed++,
    }
  }

  get fingerprint(): string {
    return fingerprintOf(this.certificate)
  }
}
