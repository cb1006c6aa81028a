/** Sizes of files and disks, in powers of ten. */
import { decimals } from './number.ts'

const names = ['bytes', 'kB', 'MB', 'GB', 'TB', 'PB']

export function sizeText(bytes: number): string {
  let value = bytes
  let step = 0
  while (value >= 1000 && step < names.length - 1) {
    value /= 1000
    step += 1
  }
  return `${decimals(value, step === 0 || value >= 100 ? 0 : 1)} ${names[step]}`
}
