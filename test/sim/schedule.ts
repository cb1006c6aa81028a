/** Events in virtual time, milliseconds. Equal times run in the order in which they were scheduled. */
interface Item {
  atMs: number
  order: number
  run: () => void
}

export class Schedule {
  #heap: Item[] = []
  #order = 0
  nowMs = 0

  after(delayMs: number, run: () => void): void {
    const item = { atMs: this.nowMs + delayMs, order: this.#order++, run }
    const heap = this.#heap
    heap.push(item)
    let at = heap.length - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!isBefore(item, heap[parent] as Item)) break
      heap[at] = heap[parent] as Item
      at = parent
    }
    heap[at] = item
  }

  /** Runs the next event. False where there is none up to `untilMs`; the time is then `untilMs`. */
  step(untilMs: number): boolean {
    const first = this.#heap[0]
    if (first === undefined || first.atMs > untilMs) {
      this.nowMs = untilMs
      return false
    }
    this.#removeFirst()
    this.nowMs = first.atMs
    first.run()
    return true
  }

  #removeFirst(): void {
    const heap = this.#heap
    const last = heap.pop() as Item
    if (heap.length === 0) return
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && isBefore(heap[child + 1] as Item, heap[child] as Item)) child += 1
      if (!isBefore(heap[child] as Item, last)) break
      heap[at] = heap[child] as Item
      at = child
    }
    heap[at] = last
  }
}

function isBefore(a: Item, b: Item): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order)
}
