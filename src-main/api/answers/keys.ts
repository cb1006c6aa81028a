/** The keys by which gateways sign. */
import { listKeys, rotateKey } from '../../gateway/channel/rotate-key.ts'
import type { Channel } from '../../gateway/channel.ts'
import { toHex } from '../../wire/bytes.ts'
import type { Handlers } from '../handlers.ts'

export function keyAnswers(channel: Channel): Pick<Handlers, 'keys' | 'rotateKey'> {
  const { log, name } = channel
  return {
    keys: () => ({
      gateway: name,
      keys: listKeys(channel).map((key) => ({ ...key, public: toHex(key.public) })),
    }),
    rotateKey: async ({ body, caller }) => {
      const rotated = await rotateKey(channel, body.use)
      const { key, replaces, outcome, entry } = rotated
      log.warn({ use: body.use, key, replaces, outcome, entry, by: caller.name }, 'a key of this gateway was rotated')
      return rotated
    },
  }
}
