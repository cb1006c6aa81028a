/** Answers in which everything is there twice: what a screen gets when names, times and terms repeat themselves. */
import { type EndpointName, endpointNames } from '../../src-main/endpoints/table.ts'
import type { Answers } from './console-fixture.ts'

/** Lists of things twice over; pairs of figures, texts made of bytes and files stay what they are. */
function doubled(value: unknown): unknown {
  if (Array.isArray(value)) {
    const inside = value.map(doubled)
    return inside.some((one) => typeof one === 'number') ? inside : [...inside, ...inside]
  }
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Uint8Array || value instanceof ReadableStream) return value
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, doubled(one)]))
}

const whole = new Set<EndpointName>(['events', 'openapi'])

export const doubledAnswers: Answers = Object.fromEntries(
  endpointNames.filter((name) => !whole.has(name)).map((name) => [name, doubled]),
)
