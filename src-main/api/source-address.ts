import { isIPv6 } from 'node:net'

/** Groups of an address that whoever has it may vary at will: networks hand out whole /64 (RFC 6177). */
const IPV6_GROUPS_KEPT = 4
const IPV6_GROUPS = 8

/**
 * Who is meant by an address when wrong passphrases and connections are counted: an IPv4 address, or the first half of an IPv6 address.
 *
 * @param address as a socket gives it; may carry a zone, or be an IPv4 address in IPv6's form
 */
export function sourceOf(address: string | undefined): string {
  if (address === undefined) return 'unknown'
  const plain = address.replace(/%.*$/, '').toLowerCase()
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(plain)?.[1]
  if (mapped !== undefined) return mapped
  if (!isIPv6(plain)) return plain
  const [head = '', tail] = plain.split('::')
  const left = head.split(':').filter((group) => group !== '')
  const right = (tail ?? '').split(':').filter((group) => group !== '')
  const zeros = tail === undefined ? 0 : Math.max(0, IPV6_GROUPS - left.length - right.length)
  const groups = [...left, ...Array.from({ length: zeros }, () => '0'), ...right]
  return `${groups
    .slice(0, IPV6_GROUPS_KEPT)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`
}
