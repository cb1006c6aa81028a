import { concatBytes, sha256, utf8 } from '../wire/bytes.ts'
import { encodeCbor } from '../wire/cbor.ts'
import { channelIdOf, idBytes, streamIdOf } from '../wire/ids.ts'
import type { ActorId, ChannelId, StreamId } from '../wire/ids.ts'
import { ID_BYTES } from '../wire/limits.ts'
import { encodeWithoutChannel } from './statements.ts'
import type { EventInput } from './statements.ts'

/**
 * A channel is named by its beginning: SHA-256 of the genesis event's CBOR without its `channel` field.
 * Takes the genesis with or without that field; a present one is left out.
 */
export function channelId(genesis: Omit<EventInput, 'channel'>): ChannelId {
  return channelIdOf(sha256(encodeWithoutChannel(genesis)))
}

const STREAM_DOMAIN = utf8('plumbline/stream/v1')

/**
 * First 16 bytes of SHA-256("plumbline/stream/v1" ‖ channel ‖ actor ‖ CBOR [source, tag]), so that a gateway that
 * starts again finds the same streams without asking.
 */
export function streamId(channel: ChannelId, actor: ActorId, source: string, tag: string): StreamId {
  const name = concatBytes(STREAM_DOMAIN, idBytes(channel), idBytes(actor), encodeCbor([source, tag]))
  return streamIdOf(sha256(name).subarray(0, ID_BYTES))
}
