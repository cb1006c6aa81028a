/** The page on which a person picks a scene (`globalThis.places`), and how it is looked at; the choice is in the address. */
{
  const form = document.querySelector('form')
  const frame = document.querySelector('iframe')
  const sizes = ['1280x800', '1024x768', '1024x600', '800x1280', '390x844', '640x400']
  const chosen = Object.fromEntries(new URLSearchParams(location.hash.slice(1)))
  const choices = {
    place: globalThis.places.map(({ place }) => place),
    state: ['live', 'empty', 'loading', 'failed', 'degraded', 'tampered'],
    language: ['en', 'de'],
    palette: ['light', 'dark', 'night'],
    density: ['desk', 'touch', 'glove'],
    size: sizes,
  }
  const show = () => {
    const asked = Object.fromEntries(new FormData(form))
    location.hash = new URLSearchParams(asked).toString()
    const [width, height] = asked.size.split('x')
    const known = globalThis.places.find(({ place }) => place === asked.place).states.includes(asked.state)
    for (const option of form.elements.state.options)
      option.disabled = !globalThis.places.find(({ place }) => place === asked.place).states.includes(option.value)
    frame.width = width
    frame.height = height
    frame.src = known ? `/?${new URLSearchParams(asked)}` : 'about:blank'
  }
  for (const [name, values] of Object.entries(choices)) {
    const label = document.createElement('label')
    const select = document.createElement('select')
    select.name = name
    for (const value of values) select.add(new Option(value, value, false, chosen[name] === value))
    label.append(`${name} `, select)
    form.append(label)
  }
  form.addEventListener('change', show)
  show()
}
