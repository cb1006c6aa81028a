/** A certificate of an asset that was seen `--events` times (20,000; the figures of README.md are of 100,000): its size, and what checking takes. */
import { verifyCertificate } from '../../src-main/certificates/verify.ts'
import { observedAsset } from '../unit/gateway/evidence/observed-asset.ts'
import { figure } from './figure.ts'

const EVENTS = 20_000

export async function measureCertificates(options: readonly string[]): Promise<void> {
  const at = options.indexOf('--events')
  const events = at === -1 ? EVENTS : Number(options[at + 1])
  if (!Number.isSafeInteger(events) || events < 1)
    throw new RangeError(`--events ${options[at + 1]} is no whole number`)
  const asset = await observedAsset(events)
  const begun = performance.now()
  const material = asset.material()
  const collected = performance.now()
  const file = asset.issue(material)
  const issued = performance.now()
  const { verdict } = await verifyCertificate(file, { policy: asset.policy, engine: asset.host })
  const checked = performance.now()
  const more = { events, verdict }
  figure('certificate_size', file.length / 1e6, 'MB', more)
  figure('certificate_event_size', file.length / events, 'bytes an event', more)
  figure('certificate_collected', (collected - begun) / 1000, 's', more)
  figure('certificate_issued', (issued - collected) / 1000, 's', more)
  figure('certificate_checked', (checked - issued) / 1000, 's', more)
  const later = asset.issue(asset.material('newest'))
  figure('certificate_size_later_period', later.length / 1e6, 'MB', more)
}
