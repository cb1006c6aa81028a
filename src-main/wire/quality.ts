/**
 * What is known about a value's trustworthiness: the OPC UA StatusCode (OPC 10000-4, 7.38), which every driver fills,
 * and our own plausibility flags, which never change the value or the code.
 */

/** Plausibility flags: one bit each, kept beside the value. */
export const FLAG = {
  grossRangeSuspect: 1,
  grossRangeFail: 2,
  rateSuspect: 4,
  rateFail: 8,
  spike: 16,
  flatLine: 32,
  gap: 64,
  clockAhead: 128,
  clockBack: 256,
  disagreement: 512,
  calibrationOverdue: 1024,
  simulated: 2048,
  gatewayClockDoubted: 4096,
} as const
export type FlagName = keyof typeof FLAG

/** Names of the flags set, in bit order; unknown bits come as `bit N`. */
export function flagNames(flags: number): string[] {
  const names: string[] = []
  for (let bit = 0; bit < 32; bit++) {
    if ((flags & (1 << bit)) === 0) continue
    const known = Object.entries(FLAG).find(([, mask]) => mask === 1 << bit)
    names.push(known?.[0] ?? `bit ${bit}`)
  }
  return names
}

/** Status codes that drivers of every protocol give (numbers of OPC 10000-6, Annex A). */
export const QUALITY = {
  good: 0,
  badCommunicationError: 0x80050000,
  badDecodingError: 0x80070000,
  badTimeout: 0x800a0000,
  badNoCommunication: 0x80310000,
  badWaitingForInitialData: 0x80320000,
  badOutOfRange: 0x803c0000,
  badNotSupported: 0x803d0000,
  badConfigurationError: 0x80890000,
  badNotConnected: 0x808a0000,
  badDeviceFailure: 0x808b0000,
  badSensorFailure: 0x808c0000,
  badDataUnavailable: 0x809e0000,
  badTypeMismatch: 0x80740000,
} as const

export const QUALITY_CLASSES = ['good', 'uncertain', 'bad'] as const
export type QualityClass = (typeof QUALITY_CLASSES)[number]

/** Severity of a status code: its two highest bits. The reserved severity 11 counts as bad. */
export function qualityClass(code: number): QualityClass {
  const severity = code >>> 30
  if (severity === 0) return 'good'
  return severity === 1 ? 'uncertain' : 'bad'
}

/** Status codes that drivers here produce or commonly pass on. Low 16 bits carry details and are zero in these. */
export const STATUS = {
  Good: 0x0000_0000,
  GoodClamped: 0x0030_0000,
  GoodLocalOverride: 0x0096_0000,
  Uncertain: 0x4000_0000,
  UncertainLastUsableValue: 0x4090_0000,
  UncertainInitialValue: 0x4092_0000,
  UncertainSensorNotAccurate: 0x4093_0000,
  UncertainEngineeringUnitsExceeded: 0x4094_0000,
  UncertainSubNormal: 0x4095_0000,
  UncertainSubstituteValue: 0x4091_0000,
  Bad: 0x8000_0000,
  BadUnexpectedError: 0x8001_0000,
  BadInternalError: 0x8002_0000,
  BadCommunicationError: 0x8005_0000,
  BadDecodingError: 0x8007_0000,
  BadTimeout: 0x800a_0000,
  BadNoCommunication: 0x8031_0000,
  BadWaitingForInitialData: 0x8032_0000,
  BadNodeIdUnknown: 0x8034_0000,
  BadOutOfRange: 0x803c_0000,
  BadTypeMismatch: 0x8074_0000,
  BadConfigurationError: 0x8089_0000,
  BadNotConnected: 0x808a_0000,
  BadDeviceFailure: 0x808b_0000,
  BadSensorFailure: 0x808c_0000,
  BadOutOfService: 0x808d_0000,
  BadNoData: 0x809b_0000,
} as const
export type StatusName = keyof typeof STATUS

const nameOfStatus = new Map<number, string>(Object.entries(STATUS).map(([name, code]) => [code, name]))

/** Name of a status code without regard to its detail bits, or its severity and hex where it has no name here. */
export function statusName(code: number): string {
  const named = nameOfStatus.get((code & 0xffff_0000) >>> 0)
  if (named !== undefined) return named
  const severity = qualityClass(code)
  return `${severity[0]!.toUpperCase()}${severity.slice(1)} 0x${(code >>> 0).toString(16).padStart(8, '0')}`
}
