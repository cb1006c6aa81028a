/** The script of a screen beyond the first: awaited, failed and asked for again like data. */
import type { Component } from 'svelte'
import { CallError } from '../client/call.ts'
import { Loading } from './load.svelte.ts'

type Import = () => Promise<{ default: Component }>

export class ScreenCode {
  readonly loading = new Loading<Component>()

  async load(bring: Import): Promise<void> {
    await this.loading.run(async () => {
      try {
        return (await bring()).default
      } catch (cause) {
        const next = 'Look whether the gateway runs, then try again.'
        throw new CallError({ code: 'no_code', message: 'The script of this screen did not load', next }, 0, cause)
      }
    })
  }

  /**
   * Asks for it again. A browser may keep a script that failed for as long as the page lives, and after an update the file has
   * another name: so when it fails again while the gateway answers, the page itself is loaded again, on the same screen.
   */
  async again(bring: Import): Promise<void> {
    await this.load(bring)
    if (this.loading.error === null) return
    const answers = await fetch('./', { cache: 'no-store' }).then(
      ({ ok }) => ok,
      () => false,
    )
    if (answers) location.reload()
  }
}
