/** Tells when an element comes into sight of the list it scrolls in, and when it leaves it. */
export function inSight(onChange: (visible: boolean) => void): (element: Element) => () => void {
  return (element) => {
    const observer = new IntersectionObserver((entries) => onChange(entries.at(-1)?.isIntersecting ?? false), {
      rootMargin: '100px',
    })
    observer.observe(element)
    return () => observer.disconnect()
  }
}
