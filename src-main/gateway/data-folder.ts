import { existsSync, mkdirSync, readdirSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { GatewayError } from './error.ts'

/** Where one gateway keeps what it must not lose, and what it may rebuild. */
export interface GatewayFolder {
  readonly root: string
  readonly config: string
  readonly keys: string
  readonly genesis: string
  readonly ledger: string
  readonly people: string
  readonly sessions: string
  /** Certificate and key of the console for others. */
  readonly door: string
  readonly opcua: string
  readonly issued: string
  readonly trust: string
  readonly runtime: string
  readonly lock: string
  readonly integrity: string
  readonly agreement: string
  readonly evidence: string
  /** What is about to be repaired, until the ledger says that it was. */
  readonly repair: string
  /** Ledgers that this gateway had before, each in a folder of its own. */
  readonly continued: string
  readonly log: string
  /** Room that is given back when the disk is full. */
  readonly reserve: string
}

/** Lays out the paths of the gateway whose folder is `root`; touches nothing. */
export function gatewayFolder(root: string): GatewayFolder {
  return {
    root,
    config: join(root, 'gateway.yaml'),
    keys: join(root, 'keys'),
    genesis: join(root, 'genesis.cose'),
    ledger: join(root, 'ledger.db'),
    people: join(root, 'people.json'),
    sessions: join(root, 'sessions.json'),
    door: join(root, 'console'),
    opcua: join(root, 'opcua'),
    issued: join(root, 'certificates'),
    trust: join(root, 'trust'),
    runtime: join(root, 'runtime.json'),
    lock: join(root, 'lock.db'),
    integrity: join(root, 'integrity.json'),
    agreement: join(root, 'agreement.json'),
    evidence: join(root, 'evidence'),
    repair: join(root, 'repair.json'),
    continued: join(root, 'continued'),
    log: join(root, 'gateway.log'),
    reserve: join(root, 'reserve'),
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
