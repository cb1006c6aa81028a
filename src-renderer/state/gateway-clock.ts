/** The gateway's time, in microseconds since 1970: this browser's, corrected by what the gateway last said. */
let aheadUs = 0

/** The gateway says what time it is. */
export function setGatewayClock(atUs: number): void {
  aheadUs = atUs - Date.now() * 1000
}

export const gatewayNowUs = (): number => Date.now() * 1000 + aheadUs
