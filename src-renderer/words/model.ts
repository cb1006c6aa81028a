/** The vocabulary of the table of endpoints, types only: what screens and parts speak of without knowing how it travels. */
export type {
  Asset,
  CertificatePreview,
  CertificateRow,
  CertificateStatus,
  TrustedPolicies,
} from '../../src-main/endpoints/certificate-model.ts'
export type { ConsoleDoor } from '../../src-main/endpoints/door.ts'
export type { ShutCode } from '../../src-main/endpoints/shut-codes.ts'
export type { ExportEstimate, FoundEntries, Search } from '../../src-main/endpoints/finding-calls.ts'
export type { Healing } from '../../src-main/endpoints/healing.ts'
export type {
  Activity,
  Block,
  BlockDetail,
  Bucket,
  EntryBrief,
  EntryDetail,
  EntryReading,
  ProofStep,
  ProofSteps,
  ReadingRow,
  Series,
} from '../../src-main/endpoints/ledger-model.ts'
export type {
  FirstBad,
  Gateway,
  Integrity,
  Peers,
  People,
  Point,
  Role,
  Session,
  Source,
  SourceCertificate,
  Status,
  Verdict,
} from '../../src-main/endpoints/model.ts'
export type { EnrolledPeople } from '../../src-main/endpoints/people-calls.ts'
export type { ConditionCode } from '../../src-main/endpoints/conditions.ts'
export type { Acts } from '../../src-main/endpoints/act-calls.ts'
export type { Keys } from '../../src-main/endpoints/key-calls.ts'
export type { PackDifference, PackReplay, Packs } from '../../src-main/endpoints/pack-calls.ts'
export type { Persons, SaidByPerson } from '../../src-main/endpoints/person-calls.ts'
export type { Alarm, AlarmFigures, Alarms } from '../../src-main/endpoints/alarm-model.ts'
export type { AuditProgress, PointUpdate } from '../../src-main/endpoints/events.ts'
