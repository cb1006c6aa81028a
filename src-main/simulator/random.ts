/** Seeded randomness as pure functions of (seed, position), so that a restarted plant goes on where it was. */

/** A number in [0, 1) that depends on the seed, a name and a whole-numbered position only. */
export function randomAt(seed: number, name: string, position: number): number {
  let hash = spread(seed ^ 0x811c9dc5)
  for (let index = 0; index < name.length; index++) hash = Math.imul(hash ^ name.charCodeAt(index), 0x01000193) >>> 0
  hash = spread(hash + Math.imul(position | 0, 0x9e3779b1))
  return spread(hash ^ Math.floor(position / 2 ** 32)) / 2 ** 32
}

/** The finalizer of MurmurHash3: every bit of the input moves every bit of the result. */
function spread(bits: number): number {
  let hash = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
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
