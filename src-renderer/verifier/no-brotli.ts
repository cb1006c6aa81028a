/** Stands where a library would take a whole decompressor along (`vite.config.ts`): nothing here is packed that way. */
// oxlint-disable-next-line import/no-default-export -- it stands for a module that has one
export default function noBrotli(): never {
  throw new Error('a typeface is packed as WOFF 2, which is not unpacked here')
}
