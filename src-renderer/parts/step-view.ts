/** One step of a proof as Steps.svelte draws it. */
export interface StepView {
  id: string
  title: string
  detail: string
  state: 'holds' | 'runs' | 'stops' | 'waits' | 'not-run'
  /** Merkle path, one line a level; `sum` is where it ended. */
  path?: { side: string; hash: string }[]
  sum?: { side: string; hash: string }
  /** Of a step that stopped. */
  why?: string
  expected?: { label: string; text: string }
  actual?: { label: string; text: string }
}
