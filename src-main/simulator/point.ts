import type { TagConfig } from '../acquisition/config.ts'

/** What a simulated point says about itself; the source configurations are made from it. */
export interface PointFacts {
  id: string
  label: string
  unit: string
  kind: TagConfig['kind']
  quantity: string
  range?: [number, number]
  normal?: [number, number]
  rate?: { suspect?: number; fail?: number }
}

/** A field of the sentences that a device on a serial line sends. */
export interface SerialPoint extends PointFacts {
  sentence: string
  /** Field of the sentence, from 1. */
  field: number
}

/** Values of simulated points at a time; a machine is a pure function of the clock. */
export type PointValue = number | bigint | boolean | string
