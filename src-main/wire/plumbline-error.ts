/**
 * The one base of operating errors: what goes wrong with devices, disks, peers and input although the program is right. Every class says
 * what to do, because whoever reads it stands before a machine. A mistake of ours is a plain Error and shows its stack.
 */
export abstract class PlumblineError<Code extends string = string> extends Error {
  abstract override readonly name: string
  /** Stable: programs and scripts switch on it. */
  readonly code: Code
  /** What to do about it: a sentence or two for whoever runs the gateway. */
  readonly next: string

  /** @param message what is wrong, and where */
  constructor(code: Code, message: string, next: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.code = code
    this.next = next
  }
}

/** An error as it crosses to another thread, process or machine. */
export interface Told {
  readonly code: string
  readonly message: string
  readonly next: string
}

/** What is told of whatever was thrown; `otherwise` has code and advice for what is no operating error. */
export function toldOf(error: unknown, otherwise: Omit<Told, 'message'>): Told {
  if (error instanceof PlumblineError) return { code: error.code, message: error.message, next: error.next }
  return { ...otherwise, message: messageOf(error) }
}

/** How an error stands wherever it is printed as text: what is wrong, then on a line of its own what to do. */
export function printedError({ message, next }: Omit<Told, 'code'>): string {
  return `${message}\n${next}`
}

/** The same within a sentence of its own, where there is no second line. */
export function errorSentence({ message, next }: Omit<Told, 'code'>): string {
  return `${message}${/[.!?]$/.test(message) ? '' : '.'} ${next}`
}

/** The text of whatever was thrown; never empty. */
export function messageOf(error: unknown): string {
  if (error instanceof Error) return error.message === '' ? error.name : error.message
  return String(error)
}
