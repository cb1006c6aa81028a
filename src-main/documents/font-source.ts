/** Where a rendering gets its typefaces from: a folder in Node, the page's own files in a browser. */

/** The bytes of a WOFF file by its name, such as `ibm-plex-sans-latin-400-normal.woff`. Rejects where there is none. */
export type FontSource = (name: string) => Promise<Uint8Array>
