/** The console for others, as people of this gateway see it. */
import type { ConsoleDoor } from '../../endpoints/door.ts'
import type { DoorKind, DoorState } from '../door-state.ts'

/** @param asked through which door: elsewhere nobody can compare a fingerprint with itself */
export function doorAnswer(state: DoorState | null, asked: DoorKind): ConsoleDoor {
  if (state === null) return { elsewhere: null }
  const { url, names, certificate, shut } = state
  return {
    elsewhere: {
      url,
      names: [...names],
      certificate:
        certificate === null || asked === 'network'
          ? null
          : {
              fingerprint: certificate.fingerprint,
              keyFingerprint: certificate.keyFingerprint,
              notAfterUs: certificate.notAfterMs * 1_000,
              own: certificate.isOwn,
            },
      shut: shut === null ? null : { code: shut.code, detail: shut.detail },
    },
  }
}
