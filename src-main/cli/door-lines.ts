import type { DoorState } from '../api/door-state.ts'

/** How the console for others is, for the person who starts a gateway. */
export function doorLines({ url, certificate, shut }: DoorState, hasNoPeople: boolean): string[] {
  if (shut !== null) return [`From elsewhere the console cannot be opened: ${shut.message}. Recording goes on.`]
  return [
    `From elsewhere: ${url}`,
    ...(certificate === null
      ? []
      : [
          `  its certificate (SHA-256): ${grouped(certificate.fingerprint)}`,
          `  its public key (SHA-256):  ${grouped(certificate.keyFingerprint)}`,
        ]),
    ...(hasNoPeople ? ['  nobody can sign in there yet: nobody is on the list of people.'] : []),
  ]
}

/** As browsers show a fingerprint: `AB:CD:...`. */
export function grouped(hex: string): string {
  return hex.toUpperCase().replaceAll(/(?<=.)(?=(?:..)+$)/g, ':')
}
