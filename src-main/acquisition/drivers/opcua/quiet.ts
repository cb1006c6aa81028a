import { setDebugLogger, setErrorLogger, setWarningLogger } from 'node-opcua'

/**
 * The stack prints to standard output, where commands print the one JSON document their callers parse. Whatever it
 * has to say that matters reaches us as an error or an event and becomes a source's state.
 */
export function silenceStack(): void {
  const nothing = () => undefined
  setDebugLogger(nothing)
  setWarningLogger(nothing)
  setErrorLogger(nothing)
}
