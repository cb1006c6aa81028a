/** Scripts that run inside a page, as text: the browser's types stay out of the program that the daemon is part of. */

/** What our own page may do, with the key of its session or without. */
export function readAndChange(key: string | null): string {
  return `(async () => {
    const own = ${JSON.stringify(key === null ? {} : { 'x-plumbline-key': key })}
    const read = await fetch('/api/session', { headers: own })
    const changed = await fetch('/api/session/link', {
      method: 'POST',
      headers: { ...own, 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'Bob', role: 'auditor' }),
    })
    return { read: read.status, changed: changed.status, cookie: document.cookie }
  })()`
}

/** Every way a page of another origin has to send something; each gives a status, `opaque` or `blocked`. */
export function attack(target: string): string {
  return `(async () => {
    const target = ${JSON.stringify(target)}
    const person = '{"name":"Eve","role":"member-admin"}'
    const attempt = (path, init) =>
      fetch(target + path, { credentials: 'include', ...init }).then(
        (response) => (response.type === 'opaque' ? 'opaque' : String(response.status)),
        () => 'blocked',
      )
    return {
      read: await attempt('/api/session', {}),
      events: await attempt('/api/events', {}),
      form: await attempt('/api/session/link', { method: 'POST', body: new Blob([person], { type: 'text/plain' }) }),
      json: await attempt('/api/session/link', { method: 'POST', headers: { 'content-type': 'application/json' }, body: person }),
      remove: await attempt('/api/session', { method: 'DELETE' }),
      blind: await attempt('/api/session', { mode: 'no-cors' }),
      blindPost: await attempt('/api/session/link', { method: 'POST', mode: 'no-cors', body: person }),
    }
  })()`
}

/** A form that the browser sends by itself, as after a click. */
export function submitForm(target: string): string {
  return `(() => {
    const form = document.createElement('form')
    form.method = 'post'
    form.enctype = 'text/plain'
    form.action = ${JSON.stringify(`${target}/api/session/link`)}
    const field = document.createElement('input')
    field.name = '{"name":"Eve","role":"member-admin","x":"'
    field.value = '"}'
    form.append(field)
    document.body.append(form)
    form.submit()
  })()`
}

export function frame(address: string): string {
  return `new Promise((resolve) => {
    const frame = document.createElement('iframe')
    frame.src = ${JSON.stringify(address)}
    frame.addEventListener('load', () => resolve(null), { once: true })
    document.body.append(frame)
  })`
}

/** Tries to load an image, a script and data from elsewhere; gives the directives that were violated. */
export function loadFrom(elsewhere: string): string {
  return `(async () => {
    const elsewhere = ${JSON.stringify(elsewhere)}
    const violations = []
    document.addEventListener('securitypolicyviolation', (event) => violations.push(event.effectiveDirective))
    const image = document.createElement('img')
    image.src = elsewhere + '/pixel.png'
    document.body.append(image)
    try {
      const script = document.createElement('script')
      script.src = elsewhere + '/x.js'
      document.body.append(script)
    } catch {}
    try {
      document.body.innerHTML = '<p>text</p>'
    } catch {}
    await fetch(elsewhere + '/leak').catch(() => undefined)
    await new Promise((resolve) => setTimeout(resolve, 200))
    return violations
  })()`
}

/** The ids of the first events of our stream. */
export function eventIds(count: number, key: string): string {
  return `(async () => {
    const response = await fetch('/api/events', { headers: { 'x-plumbline-key': ${JSON.stringify(key)} } })
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
    let text = ''
    for (;;) {
      const seen = [...text.matchAll(/^id: (.*)$/gm)].map((match) => match[1])
      if (seen.length >= ${count}) return seen
      text += (await reader.read()).value
    }
  })()`
}

export function clickLink(address: string): string {
  return `(() => {
    const link = document.createElement('a')
    link.href = ${JSON.stringify(address)}
    document.body.append(link)
    link.click()
  })()`
}
