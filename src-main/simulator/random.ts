/** Seeded randomness as pure functions of (seed, position), so that a restarted plant goes on where it was. */

/** A number in [0, 1) that depends on the seed, a name and a whole-numbered position only. */
export function randomAt(seed: number, name: string, position: number): number {
  // FNV-1a over the name, then the finalizer of MurmurHash3 to spread the bits.
  let hash = (0x811c9dc5 ^ seed) >>> 0
  for (let index = 0; index < name.length; index++) hash = Math.imul(hash ^ name.charCodeAt(index), 0x01000193) >>> 0
  hash = Math.imul(hash ^ (position | 0), 0x85ebca6b) >>> 0
  hash = Math.imul(hash ^ (hash >>> 13) ^ Math.floor(position / 2 ** 32), 0xc2b2ae35) >>> 0
  hash = Math.imul(hash ^ (hash >>> 16), 0x27d4eb2f) >>> 0
  return ((hash ^ (hash >>> 15)) >>> 0) / 2 ** 32
}

/** Smooth wandering in [-1, 1] that takes about `periodS` from one turn to the next. */
export function wander(seed: number, name: string, timeS: number, periodS: number): number {
  const position = timeS / periodS
  const left = Math.floor(position)
  const fraction = position - left
  const a = randomAt(seed, name, left)
  const b = randomAt(seed, name, left + 1)
  const eased = fraction * fraction * (3 - 2 * fraction)
  return (a + (b - a) * eased) * 2 - 1
}

/** Fine noise of an instrument in [-1, 1], another every `stepS`. */
export function jitter(seed: number, name: string, timeS: number, stepS: number): number {
  return randomAt(seed, name, Math.floor(timeS / stepS)) * 2 - 1
}

/** Shape of a day in [0, 1]: 0 at night, 1 in the early afternoon. */
export function dayShape(timeS: number): number {
  return (1 - Math.cos((2 * Math.PI * (timeS - 2 * 3600)) / 86_400)) / 2
}

/** Rounds to an instrument's resolution: `decimals` digits after the point. */
export function resolve(value: number, decimals: number): number {
  return Number(value.toFixed(decimals))
}
