import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, extname, resolve } from 'node:path'
import { objectAt, textAt } from '../certificates/json-access.ts'
import { reasonText } from '../certificates/reason-words.ts'
import { readCredential } from '../certificates/credential.ts'
import { carriedCertificate } from '../certificates/embedding.ts'
import type {
  CertificatePreview,
  CertificateRow,
  CertificateStatus,
  CertificateWord,
} from '../endpoints/certificate-model.ts'
import { fitsRegister, REGISTER_STATUSES } from '../endpoints/register-filter.ts'
import type { SignedEvent } from '../gateway/channel/sign-event.ts'
import { shippedRule } from '../packs/shipped-words.ts'
import { sha256, toHex } from '../wire/bytes.ts'
import { nearest } from '../wire/near-match.ts'
import { messageOf, type Told } from '../wire/plumbline-error.ts'
import { printed } from '../wire/printable.ts'
import { channelOption, type Reached } from './channel-option.ts'
import { dataOption, type Command, type Invocation } from './command.ts'
import { bytesOf, call } from './daemon-client.ts'
import { EXIT, UsageError } from './exit-status.ts'
import { refusedBy, sayRefused } from './refused.ts'
import { runningChannel } from './running-gateway.ts'
import { sayAs, signer, signerOptions, tell } from './signer-option.ts'

const FORMATS = ['plumb', 'pdf', 'html']
/** What each gateway has for itself: none lists what another one issued. */
const OWN = 'a register of certificates'
/** As the gateway asks for. */
const REASON_CHARS_MIN = 3
/** Of the hash of a certificate. */
const DIGITS_SHOWN = 16

export const certificate: Command = {
  name: 'certificate',
  usage:
    'certificate issue --asset ID [--pack ID] [--from T --to T] --out FILE [--as NAME] | certificate list [--asset ID] [--pack ID] [--verdict V] [--status valid|revoked|superseded] | certificate revoke N --reason TEXT [--as NAME] | certificate status FILE',
  summary:
    'issue: signs a certificate about an asset and writes it as .plumb, .pdf or .html, by the extension of FILE.\nOnly the .plumb is what a verifier reads; the others carry it inside.\nrevoke: takes the certificate with number N back, for good; the file stays as it is, and the ledger says that it does not hold.\nstatus: whether the ledger of this gateway has the certificate in FILE, and says something against it.\nExit status: 0 done, and nothing is said against it; 1 refused, such as a gap without a reason, or revoked (under --json {"refused": CODE, ...}),\n2 the ledger does not have the certificate (status), 3 the gateway does not answer,\n64 wrong usage, or no gateway runs.',
  options: {
    asset: { type: 'string', value: 'ID', help: 'the asset, as plumbline status lists it' },
    pack: {
      type: 'string',
      value: 'ID',
      help: 'the rule pack that judges, needed where several are bound to the asset; in a list, that judged',
    },
    from: {
      type: 'string',
      value: 'T',
      help: 'first moment, ISO 8601, such as 2026-03-11T06:00:00+01:00; a day alone begins at midnight UTC (default: the first reading; where every stream has ended, what its packs read before it)',
    },
    to: {
      type: 'string',
      value: 'T',
      help: 'last moment, likewise (default: the newest reading; where every stream has ended, also what its packs read after it)',
    },
    out: { type: 'string', value: 'FILE', help: 'where to write it; an existing file is not overwritten' },
    reason: {
      type: 'string',
      value: 'TEXT',
      help: 'what is to be said about the gaps in the period, printed beside each and needed where there is one; why it is revoked',
    },
    'released-by': {
      type: 'string',
      value: 'NAME',
      help: 'the person who releases it, printed on the certificate (default: who signs it by --as, else nobody is named)',
    },
    supersedes: {
      type: 'string',
      value: 'N',
      help: 'number of the certificate about the asset in whose place the new one stands',
    },
    verdict: { type: 'string', value: 'V', help: 'in a list: those with this verdict' },
    status: { type: 'string', value: 'S', help: `in a list: ${REGISTER_STATUSES.join(', ')}` },
    ...signerOptions,
    language: { type: 'string', value: 'en|de', help: 'language of the page (default: en)' },
    'time-zone': {
      type: 'string',
      value: 'ZONE',
      help: 'zone in which the page prints times, such as Europe/Berlin (default: as configured)',
    },
    gateway: { type: 'string', value: 'NAME', help: 'which gateway issues it (default: the first that runs)' },
    channel: channelOption,
  },
  async run(invocation) {
    const [what, ...more] = invocation.positionals
    if (what === 'list' && more.length === 0) return await list(invocation, runningChannel(invocation, OWN))
    if (what === 'revoke') return await revoke(invocation, runningChannel(invocation, OWN), more)
    if (what === 'status') return await status(invocation, runningChannel(invocation), more)
    if (what !== 'issue' || more.length > 0)
      throw new UsageError(
        printed`say what to do: certificate issue, list, revoke or status.${what === undefined ? '' : nearest(what, ['issue', 'list', 'revoke', 'status'])}`,
      )
    const wanted = wantedOf(invocation)
    const runtime = runningChannel(invocation, OWN)
    return await issue(invocation, runtime, wanted).catch((error: unknown) => refusedBy(invocation, runtime, error))
  },
}

async function registerOf(runtime: Reached): Promise<CertificateRow[]> {
  return (await call<{ certificates: CertificateRow[] }>(runtime, 'GET', '/api/certificates')).certificates
}

async function list({ print, text }: Invocation, runtime: Reached): Promise<number> {
  const [asset, pack, verdict, wanted] = [text('asset'), text('pack'), text('verdict'), text('status')]
  const status = REGISTER_STATUSES.find((one) => one === wanted)
  if (wanted !== undefined && status === undefined)
    throw new UsageError(
      printed`--status ${wanted}: it is ${REGISTER_STATUSES.join(', ')}.${nearest(wanted, REGISTER_STATUSES)}`,
    )
  const all = await registerOf(runtime)
  const certificates = all.filter((row) => fitsRegister(row, { asset, pack, verdict, status }))
  const rows = certificates.map(
    (row) =>
      printed`${row.id}  ${iso(row.issuedAtUs)}  ${row.assetName} (${row.asset})  ${row.verdict}${row.simulated ? ', simulated' : ''}${row.status === null ? '' : `, ${wordText(row.status)}`}`,
  )
  print(
    { gateway: runtime.name, certificates },
    rows.length > 0
      ? rows.join('\n')
      : all.length === 0
        ? printed`${runtime.name} has issued no certificate yet.`
        : printed`none of the ${all.length} certificates of ${runtime.name} fits.`,
  )
  return EXIT.ok
}

/** `revoked (entry 84002): The pallet was another one.` */
function wordText({ by, entry, reason }: CertificateWord): string {
  return by === null
    ? printed`revoked (entry ${entry})${reason === null ? '' : `: ${reason}`}`
    : printed`superseded (entry ${entry}) by ${by.slice(0, DIGITS_SHOWN)}`
}

async function revoke(invocation: Invocation, runtime: Reached, [number, ...more]: string[]): Promise<number> {
  const reason = invocation.text('reason')?.trim() ?? ''
  if (number === undefined || more.length > 0)
    throw new UsageError('which certificate? Give its number', 'plumbline certificate list names them.')
  if (reason.length < REASON_CHARS_MIN)
    throw new UsageError('say why: --reason TEXT, which the ledger keeps; nothing was signed')
  const row = (await registerOf(runtime)).find(({ id }) => id === number)
  if (row === undefined)
    throw new UsageError(
      `certificate ${number} was not issued by ${runtime.name}`,
      'plumbline certificate list names those that were; nothing was signed.',
    )
  const as = await signer(invocation)
  const type = 'certificate.revoked'
  const body = { certificateHash: row.hash, asset: row.asset, reason }
  const what = `the revocation of certificate ${number}`
  if (as !== null) return await sayAs(invocation, runtime, as, { type, body, what })
  const said = await call<SignedEvent>(runtime, 'POST', '/api/ledger/events', { type, body })
  return tell(invocation, runtime, { ...said, cameTo: null, act: null }, { by: runtime.name, type, what })
}

async function status({ print }: Invocation, runtime: Reached, [path, ...more]: string[]): Promise<number> {
  if (path === undefined || more.length > 0) throw new UsageError('which file? certificate status FILE')
  const { certificate: bytes } = carriedCertificate(new Uint8Array(readFile(path)))
  const hash = toHex(sha256(bytes))
  const { asset, issuer } = subjectOf(bytes, path)
  const query = new URLSearchParams({ asset, issuer })
  const { issued, upTo, ...told } = await call<CertificateStatus>(
    runtime,
    'GET',
    `/api/certificate-status/${hash}?${query.toString()}`,
  )
  // Another member may have issued one about the asset, too: what it says of this one is nobody's verdict.
  const words = told.words.filter(({ actor }) => actor === issuer)
  print(
    { gateway: runtime.name, file: path, hash, issued, upTo, words },
    words.length > 0
      ? words.map((word) => printed`${path}: ${word.member} says: ${wordText(word)}`).join('\n')
      : issued === null
        ? printed`${path}: cannot tell, the ledger of ${runtime.name} does not have this certificate: it was issued in another channel, or is not as it was signed (plumbline verify says which).`
        : printed`${path}: issued by ${issued.member} (entry ${issued.entry}); the ledger of ${runtime.name} says nothing against it, up to entry ${upTo}. Whether file and page are as they were signed, plumbline verify says.`,
  )
  if (words.length > 0) return EXIT.changed
  return issued === null ? EXIT.cannotTell : EXIT.ok
}

/** What it is about and which member issued it, as the file says; whether that is true, `verify` says. */
function subjectOf(bytes: Uint8Array, path: string): { asset: string; issuer: string } {
  try {
    const { subject } = readCredential(bytes)
    return { asset: textAt(objectAt(subject, 'asset'), 'id'), issuer: textAt(objectAt(subject, 'issuedBy'), 'actor') }
  } catch (cause) {
    throw new UsageError(
      `${path} is no certificate that can be read: ${messageOf(cause)}`,
      `plumbline verify ${path} says more.`,
    )
  }
}

function readFile(path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (cause) {
    throw new UsageError(`cannot read ${path}: ${(cause as Error).message}`)
  }
}

interface Wanted {
  asset: string
  out: string
  format: string
  language: 'en' | 'de'
}

/** What has to be right before anybody is asked. Throws UsageError. */
function wantedOf({ text }: Invocation): Wanted {
  const asset = text('asset')
  const out = text('out')
  if (asset === undefined) throw new UsageError('which asset? --asset ID', 'plumbline status lists the assets.')
  if (out === undefined) throw new UsageError('where to? --out FILE')
  const format = extname(out).slice(1)
  if (!FORMATS.includes(format)) throw new UsageError(`--out ${out}: the extension must be one of .plumb, .pdf, .html`)
  const language = text('language') ?? 'en'
  if (language !== 'en' && language !== 'de')
    throw new UsageError(`--language ${language}: a certificate is printed in en or de`)
  if (existsSync(out)) throw new UsageError(`${out} is there already`, 'Give another --out; nothing was issued.')
  if (!existsSync(dirname(resolve(out))))
    throw new UsageError(
      `there is no folder ${dirname(resolve(out))}`,
      'Make it, or give another --out; nothing was issued.',
    )
  return { asset, out, format, language }
}

async function issue(invocation: Invocation, runtime: Reached, wanted: Wanted): Promise<number> {
  const { text, print, say } = invocation
  const { asset, out, format, language } = wanted
  const { assets } = await call<{ assets: { id: string; firstUs: number | null; lastUs: number | null }[] }>(
    runtime,
    'GET',
    '/api/assets',
  )
  const known = assets.find(({ id }) => id === asset)
  if (known === undefined)
    throw new UsageError(`there is no asset "${asset}"`, `Known: ${assets.map(({ id }) => id).join(', ') || 'none'}.`)
  const fromUs = timeOf(text('from'), known.firstUs, '--from')
  const toUs = timeOf(text('to'), known.lastUs, '--to')
  if (toUs <= fromUs)
    throw new UsageError(
      `the period ends (${iso(toUs)}) before it begins (${iso(fromUs)})`,
      'Give a later --to; nothing was issued.',
    )
  const pack = text('pack')
  const period = { asset, ...(pack !== undefined && { pack }), fromUs, toUs }
  const preview = await call<CertificatePreview>(runtime, 'POST', '/api/certificates/preview', period)
  const gaps = stretches(preview.gaps)
  for (const [first, ...others] of gaps) {
    const labels = [first, ...others].map((gap) => gap.label ?? gap.stream).join(', ')
    say(printed`gap: ${iso(first.fromUs)} to ${iso(first.toUs)}, ${labels}: ${first.reason}`)
  }
  for (const found of preview.reasons)
    say(printed`finding: ${reasonText(shippedRule(preview.pack.id), found, 'en', preview.zone)}`)
  if (preview.barred !== null && known.lastUs !== null && toUs > known.lastUs)
    throw new UsageError(
      `the period ends after the newest reading, which is of ${iso(known.lastUs)}`,
      'Give a --to at or before it, or none; nothing was issued.',
    )
  const reason = text('reason')?.trim() ?? ''
  if (preview.gaps.length > 0 && reason.length < REASON_CHARS_MIN)
    return sayRefused(invocation, runtime, withoutReason(gaps.length, reason))
  const as = await signer(invocation)
  const issued = await call<{ id: string; verdict: string }>(runtime, 'POST', '/api/certificates', {
    ...period,
    language,
    ...(text('time-zone') !== undefined && { timeZone: text('time-zone') }),
    ...(text('released-by') !== undefined && { releasedBy: text('released-by') }),
    ...(text('supersedes') !== undefined && { supersedes: text('supersedes') }),
    ...(as !== null && { as }),
    acknowledgedGaps: preview.gaps.map(({ id }) => ({ id, reason })),
  })
  write(out, await bytesOf(runtime, `/api/certificates/${encodeURIComponent(issued.id)}/${format}`))
  print(
    { gateway: runtime.name, ...issued, file: out },
    printed`${out}: number ${issued.id} of ${runtime.name}, ${issued.verdict}. Check it: plumbline verify ${out}${dataOption(invocation)}`,
  )
  return EXIT.ok
}

type Gap = CertificatePreview['gaps'][number]

/** The same stretch of several streams is one gap, as on the page. */
function stretches(gaps: readonly Gap[]): [Gap, ...Gap[]][] {
  const found = new Map<string, [Gap, ...Gap[]]>()
  for (const gap of gaps) {
    const key = `${gap.fromUs}:${gap.toUs}:${gap.reason}`
    const same = found.get(key)
    if (same === undefined) found.set(key, [gap])
    else same.push(gap)
  }
  return [...found.values()].toSorted(([a], [b]) => a.fromUs - b.fromUs)
}

/** As the gateway would refuse it. */
function withoutReason(gaps: number, given: string): Told {
  const where = gaps === 1 ? 'there is a gap in this period' : `there are ${gaps} gaps in this period`
  return {
    code: 'gaps_open',
    message:
      given === '' ? where : `${where}, and --reason "${given}" is too short: at least ${REASON_CHARS_MIN} letters`,
    next:
      `Say what is to be said about ${gaps === 1 ? 'it' : 'them'} with --reason TEXT: whoever reads the certificate finds it ` +
      `beside ${gaps === 1 ? 'the gap' : 'each gap'}. Nothing was issued.`,
  }
}

function write(path: string, bytes: Uint8Array): void {
  try {
    writeFileSync(path, bytes, { flag: 'wx' })
  } catch (cause) {
    throw new UsageError(
      `cannot write ${path}: ${(cause as Error).message}`,
      'Give another --out; the certificate is in the register of the gateway.',
    )
  }
}

function timeOf(text: string | undefined, otherwise: number | null, option: string): number {
  if (text === undefined) {
    if (otherwise === null)
      throw new UsageError('this asset has no readings yet', 'Wait for the first, then issue a certificate.')
    return otherwise
  }
  const ms = Date.parse(text)
  if (Number.isNaN(ms))
    throw new UsageError(`${option} ${text} is no time`, 'Write ISO 8601, such as 2026-03-11T06:00:00+01:00.')
  return ms * 1000
}

function iso(us: number): string {
  return new Date(us / 1000).toISOString()
}
