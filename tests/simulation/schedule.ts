const nextTurn = globalThis.setImmediate

interface Entry {
  at: number
  order: number
  callback: () => void
}

/**
 * Time that stands still while something happens and jumps to the next thing. What is due at one
 * moment happens in the order in which it was planned, so that a run depends on nothing else.
 */
export class Schedule {
  readonly #heap: Entry[] = []
  readonly #turns: (() => void)[] = []
  #order = 0
  #now = 0
  /** How many things have happened. */
  happened = 0

  /** Milliseconds since the world began. */
  get now(): number {
    return this.#now
  }

  /** Answers how to call it off. */
  after(ms: number, callback: () => void): () => void {
    const entry = { at: this.#now + Math.max(0, ms), order: (this.#order += 1), callback }
    this.#push(entry)
    return () => {
      entry.callback = nothing
    }
  }

  /** Before anything else happens, as `setImmediate` does. */
  soon(callback: () => void): void {
    this.#turns.push(callback)
  }

  /** Lets everything happen until `ready` or the moment comes; answers whether it was `ready`. */
  async run(until: number, ready: () => boolean = () => false): Promise<boolean> {
    for (;;) {
      await settled()
      const turn = this.#turns.shift()
      if (turn) {
        turn()
        continue
      }
      if (ready()) return true
      const next = this.#heap[0]
      if (!next || next.at > until) {
        this.#now = until
        return false
      }
      this.#pop()
      if (next.callback === nothing) continue
      this.#now = next.at
      this.happened += 1
      next.callback()
    }
  }

  #push(entry: Entry): void {
    const heap = this.#heap
    let index = heap.push(entry) - 1
    while (index > 0) {
      const parent = (index - 1) >> 1
      if (isBefore(heap[parent] as Entry, entry)) break
      heap[index] = heap[parent] as Entry
      index = parent
    }
    heap[index] = entry
  }

  #pop(): void {
    const heap = this.#heap
    const last = heap.pop()
    if (!last || heap.length === 0) return
    let index = 0
    for (;;) {
      let child = index * 2 + 1
      const right = heap[child + 1]
      if (right && isBefore(right, heap[child] as Entry)) child += 1
      const smaller = heap[child]
      if (!smaller || isBefore(last, smaller)) break
      heap[index] = smaller
      index = child
    }
    heap[index] = last
  }
}

const nothing = (): void => undefined

const isBefore = (a: Entry, b: Entry): boolean =>
  a.at < b.at || (a.at === b.at && a.order < b.order)

/** Every promise that could go on has gone on. */
const settled = (): Promise<void> => new Promise((resolve) => void nextTurn(resolve))
