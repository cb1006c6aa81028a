import { existsSync, mkdirSync, readdirSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { isHandle } from '../../wire/ids.ts'
import { GatewayError } from '../error.ts'

/** Where one gateway keeps what belongs to one channel. */
interface ChannelPlaces {
  readonly genesis: string
  readonly ledger: string
  readonly issued: string
  readonly opcua: string
  readonly integrity: string
  /** Who acknowledged and shelved which alarms. */
  readonly alarms: string
  readonly agreement: string
  readonly evidence: string
  /** What is about to be repaired, until the ledger says that it was. */
  readonly repair: string
}

/**
 * Where one gateway keeps what it must not lose, and what it may rebuild. Its first channel lies in it as if there were no other; for each
 * further one there is the same layout with other places for what is the channel's.
 */
export interface GatewayFolder extends ChannelPlaces {
  readonly root: string
  readonly config: string
  readonly keys: string
  /** Folder of the channel's mark, apart from its ledger. */
  readonly mark: string
  readonly people: string
  readonly sessions: string
  /** Certificate and key of the console for others. */
  readonly door: string
  readonly trust: string
  readonly runtime: string
  readonly lock: string
  /** Ledgers that this gateway had before, each in a folder of its own. */
  readonly continued: string
  /** Further channels, each in a folder of its own. */
  readonly channels: string
  readonly log: string
  /** Room that is given back when the disk is full. */
  readonly reserve: string
}

/** The folder of a gateway under `data`, which may be that folder itself. */
export function gatewayRoot(data: string, name: string): string {
  return basename(data) === name ? data : join(data, name)
}

/** Lays out the paths of the gateway whose folder is `root`; touches nothing. */
export function gatewayFolder(root: string): GatewayFolder {
  return {
    root,
    ...placesIn(root),
    config: join(root, 'gateway.yaml'),
    keys: join(root, 'keys'),
    mark: join(root, 'keys'),
    people: join(root, 'people.json'),
    sessions: join(root, 'sessions.json'),
    door: join(root, 'console'),
    trust: join(root, 'trust'),
    runtime: join(root, 'runtime.json'),
    lock: join(root, 'lock.db'),
    continued: join(root, 'continued'),
    channels: join(root, 'channels'),
    log: join(root, 'gateway.log'),
    reserve: join(root, 'reserve'),
  }
}

/** The same gateway in a further channel. The mark lies with the keys: whoever puts back an older copy of the channel has not put it back. */
export function furtherChannel(folder: GatewayFolder, handle: string): GatewayFolder {
  return { ...folder, ...placesIn(join(folder.channels, handle)), mark: join(folder.keys, handle) }
}

/** The gateway in each of its channels: in that of its own folder first, then in the further ones by the beginning of their ids. */
export function channelFolders(folder: GatewayFolder): GatewayFolder[] {
  const handles = existsSync(folder.channels) ? readdirSync(folder.channels).filter(isHandle).toSorted() : []
  const further = handles.map((handle) => furtherChannel(folder, handle))
  return [folder, ...further.filter(({ genesis }) => existsSync(genesis))]
}

function placesIn(root: string): ChannelPlaces {
  return {
    genesis: join(root, 'genesis.cose'),
    ledger: join(root, 'ledger.db'),
    issued: join(root, 'certificates'),
    opcua: join(root, 'opcua'),
    integrity: join(root, 'integrity.json'),
    alarms: join(root, 'alarms.json'),
    agreement: join(root, 'agreement.json'),
    evidence: join(root, 'evidence'),
    repair: join(root, 'repair.json'),
  }
}

/** Creates the folder with owner-only access. Throws GatewayError `data_folder` with the reason and the next step. */
export function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 })
  } catch (cause) {
    throw new GatewayError(
      'data_folder',
      `cannot create the folder ${path}: ${(cause as Error).message}`,
      'Choose another folder with --data DIR, or give this user write access there.',
      cause,
    )
  }
}

/** The user's data folder: XDG_DATA_HOME, or the platform's usual place. */
export function defaultDataFolder(environment: NodeJS.ProcessEnv = process.env): string {
  if (process.platform === 'win32') return join(environment['LOCALAPPDATA'] ?? homedir(), 'Plumbline')
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Application Support', 'Plumbline')
  return join(environment['XDG_DATA_HOME'] ?? join(homedir(), '.local', 'share'), 'plumbline')
}

/** The gateways kept under `data`: the folder itself if it is one, otherwise each sub-folder that is, by name. */
export function gatewaysUnder(data: string): GatewayFolder[] {
  const root = resolve(data)
  if (isGateway(root)) return [gatewayFolder(root)]
  if (!existsSync(root)) return []
  return readdirSync(root)
    .toSorted()
    .map((name) => join(root, name))
    .filter((path) => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true && isGateway(path))
    .map(gatewayFolder)
}

function isGateway(path: string): boolean {
  return existsSync(join(path, 'genesis.cose')) || existsSync(join(path, 'runtime.json'))
}
