/** Building DOM without markup in strings: text stays text, whatever a file says, and what would turn or hide it is shown. */
import { printable } from '../../src-main/wire/printable.ts'

export type Child = Node | string | null

export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Readonly<Record<string, string>> = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value)
  for (const child of children) if (child !== null) made.append(typeof child === 'string' ? printable(child) : child)
  return made
}

/** A sign out of the page's sprite. */
export function sign(id: string): SVGSVGElement {
  const space = 'http://www.w3.org/2000/svg'
  const svg = document.createElementNS(space, 'svg')
  svg.setAttribute('class', 'sign')
  svg.setAttribute('aria-hidden', 'true')
  const use = document.createElementNS(space, 'use')
  use.setAttribute('href', `#${id}`)
  svg.append(use)
  return svg
}
