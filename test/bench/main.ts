/** `npm run bench`: measures on this machine, one JSON line a figure. Nothing here passes or fails. */
import { measureAddon } from './addon.ts'
import { measureCertificates } from './certificates.ts'
import { measureChannels } from './channels.ts'
import { measureExports } from './exports.ts'
import { measureProofs } from './proofs.ts'
import { measureRecord } from './record.ts'
import { measureReplication } from './replication.ts'
import { measureUnknownChannel } from './unknown-channel.ts'

const [only, ...options] = process.argv.slice(2)
if (only === undefined || only === 'replication') await measureReplication()
if (only === undefined || only === 'addon') measureAddon()
if (only === undefined || only === 'proofs') measureProofs()
if (only === undefined || only === 'unknown-channel') await measureUnknownChannel()
if (only === undefined || only === 'exports') measureExports()
if (only === undefined || only === 'record') await measureRecord(options)
if (only === undefined || only === 'channels') await measureChannels()
if (only === undefined || only === 'certificates') await measureCertificates(options)
