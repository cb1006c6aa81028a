/** A file name as one word of a POSIX shell, so that a copied command does what it says whatever the file is called. */
export function shellWord(name: string): string {
  const safe = name.startsWith('-') ? `./${name}` : name
  return /^[\w./+=@:,-]+$/.test(safe) ? safe : `'${safe.replaceAll("'", String.raw`'\''`)}'`
}
