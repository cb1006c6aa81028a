/** Stands where a library would take ciphers along (`vite.config.ts`): our pages are for everybody, none is encrypted. */
function none(): never {
  throw new Error('a page would be encrypted, which none of ours is')
}

export const cbc = none
export const ecb = none
