import { statfsSync } from 'node:fs'

export interface DiskSpace {
  freeBytes: number
  totalBytes: number
}

/** Room on the disk under a folder, for whoever has no special rights. */
export function diskSpace(folder: string): DiskSpace {
  const { bavail, bsize, blocks } = statfsSync(folder)
  return { freeBytes: bavail * bsize, totalBytes: blocks * bsize }
}
