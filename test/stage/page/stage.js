/**
 * Runs in the page of a scene before the console does (`globalThis.scene` says which scene). Plain JavaScript: the tests' types
 * know no DOM.
 */
{
  const { scene } = globalThis
  const asked = new URLSearchParams(location.search)
  const storageKey = 'plumbline-preferences'
  const keep = (kept) => {
    const before = JSON.parse(localStorage.getItem(storageKey) ?? '{}')
    localStorage.setItem(storageKey, JSON.stringify({ ...before, ...kept }))
  }
  keep({
    language: asked.get('language') ?? 'en',
    palette: asked.get('palette') ?? 'light',
    density: asked.get('density') ?? 'desk',
  })
  if (scene.person === null) sessionStorage.removeItem('plumbline-key')
  else sessionStorage.setItem('plumbline-key', 'key of this page')
  if (location.hash === '') history.replaceState(null, '', scene.hash)

  // A wait of ten seconds, and the next question after ten, need not be waited for.
  if (scene.state === 'loading' || scene.lost) {
    const quick = 25
    for (const name of ['setTimeout', 'setInterval']) {
      const real = globalThis[name].bind(globalThis)
      globalThis[name] = (does, ms = 0, ...rest) => real(does, ms >= 5000 ? ms / quick : ms, ...rest)
    }
  }

  let pending = 0
  let quietSince = performance.now()
  const realFetch = globalThis.fetch.bind(globalThis)
  globalThis.fetch = async (...given) => {
    pending += 1
    try {
      return await realFetch(...given)
    } finally {
      pending -= 1
      quietSince = performance.now()
    }
  }

  const errors = []
  addEventListener('error', ({ message }) => errors.push(message))
  addEventListener('unhandledrejection', ({ reason }) => errors.push(String(reason)))
  addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) =>
    errors.push(`the policy ${violatedDirective} refused ${blockedURI}`),
  )
  const { console: printed } = globalThis
  const realError = printed.error.bind(printed)
  printed.error = (...said) => {
    errors.push(said.map(String).join(' '))
    realError(...said)
  }
  const toClick = [...scene.click]

  /** Presses what is next to be pressed, once it is there. */
  const press = () => {
    const next =
      toClick[0] === undefined ? null : [...document.querySelectorAll(toClick[0])].find((one) => one.checkVisibility())
    if (!next) return
    toClick.shift()
    next.click()
    quietSince = performance.now()
  }

  globalThis.stage = {
    errors,
    /** True once nothing moves any more. */
    ready() {
      const work = document.querySelector('main, .door')
      const waits = document.querySelector('.skel') !== null
      const long = document.querySelector('.skel + .note') !== null
      if (work === null || work.childElementCount === 0 || document.fonts.status !== 'loaded') return false
      // What is still to be pressed stands on a screen that has its answers; what it opens waits.
      if (scene.state === 'loading' && toClick.length === 0 ? !long : waits || pending > 0) return false
      if (scene.lost && document.querySelector('.bar .lost') === null) return false
      if (performance.now() - quietSince < (scene.state === 'loading' ? 0 : 60)) return false
      press()
      return toClick.length === 0 && performance.now() - quietSince > 60
    },
    /** Language, palette and density, as another tab of this console would change them. */
    set(kept) {
      keep(kept)
      dispatchEvent(new StorageEvent('storage', { key: storageKey, storageArea: localStorage }))
    },
  }
}
