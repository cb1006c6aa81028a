/**
 * Where the words of limits stand: beside their line, or as near to it as neither the names at the ends of curves nor other limits
 * are. In pixels from the top, for the foot of the letters.
 *
 * @param taken feet of what stands there already
 */
export function limitFeet(
  wanted: readonly number[],
  taken: readonly number[],
  height: number,
  apart: number,
): number[] {
  const feet = [...taken]
  return wanted.map((at) => {
    const free = (foot: number) =>
      foot >= apart / 2 && foot <= height - 2 && feet.every((other) => Math.abs(other - foot) >= apart)
    const steps = Array.from({ length: Math.ceil(height) }, (_, step) => [at - step, at + step]).flat()
    const foot = steps.find(free) ?? at
    feet.push(foot)
    return foot
  })
}
