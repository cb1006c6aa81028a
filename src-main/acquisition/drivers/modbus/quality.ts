import { QUALITY } from '../../../wire/quality.ts'

/** The status code that says what a Modbus exception said (Modbus application protocol V1.1b3, 7). */
export function qualityOfException(code: number): number {
  switch (code) {
    case 1:
      return QUALITY.badNotSupported
    case 2:
    case 3:
      return QUALITY.badConfigurationError
    case 5:
    case 6:
      return QUALITY.badDataUnavailable
    case 10:
    case 11:
      return QUALITY.badNoCommunication
    default:
      return QUALITY.badDeviceFailure
  }
}
