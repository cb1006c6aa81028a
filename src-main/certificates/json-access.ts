/** Looking into JSON whose shape nobody promises: what is not there reads as empty. For views, never for checks. */
import type { JsonObject } from './credential.ts'

export function objectAt(of: JsonObject, name: string): JsonObject {
  const value = of[name]
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {}
}

export function listAt(of: JsonObject, name: string): JsonObject[] {
  const value = of[name]
  if (!Array.isArray(value)) return []
  return value.filter((one): one is JsonObject => typeof one === 'object' && one !== null && !Array.isArray(one))
}

export function textAt(of: JsonObject, name: string): string {
  const value = of[name]
  return typeof value === 'string' ? value : ''
}

export function numberAt(of: JsonObject, name: string): number {
  const value = of[name]
  return typeof value === 'number' ? value : 0
}

/** Two numbers, such as a span of time; null for anything else. */
export function spanAt(of: JsonObject, name: string): [number, number] | null {
  const value = of[name]
  if (!Array.isArray(value) || value.length !== 2) return null
  const [from, to] = value
  return typeof from === 'number' && typeof to === 'number' ? [from, to] : null
}
