/** A floating-point item. `new CborFloat(20)` is f94d00; plain `20` is 14. */
export class CborFloat {
  readonly value: number
  constructor(value: number) {
    this.value = value
  }
}

/** A tagged item. */
export class CborTag {
  readonly tag: number
  readonly value: CborValue
  constructor(tag: number, value: CborValue) {
    this.tag = tag
    this.value = value
  }
}

export type CborMap = Map<CborValue, CborValue>
/** What decoding gives: integers are numbers inside the safe range and bigints beyond it. */
export type CborValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | CborFloat
  | Uint8Array
  | CborValue[]
  | CborMap
  | CborTag
/** What encoding takes: the same, and plain objects, whose undefined members are left out. */
export type CborInput =
  | null
  | boolean
  | number
  | bigint
  | string
  | CborFloat
  | Uint8Array
  | readonly CborInput[]
  | ReadonlyMap<CborInput, CborInput>
  | CborTag
  | { readonly [key: string]: CborInput | undefined }
