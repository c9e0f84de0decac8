import { nextTask } from './next-task.ts'

/** Half a picture: with what the page itself does, a task stays far below 50 ms. */
const SLICE_MS = 8

/**
 * Work in order, a slice at a time, so that a long replay never holds the page for long. What comes
 * while nothing waits is done at once.
 */
export class SlicedQueue<Item> {
  readonly #work: (item: Item) => readonly Item[] | undefined
  readonly #now: () => number
  readonly #later: (callback: () => void) => void
  #items: Item[] = []
  #next = 0
  #busy = false
  #stopped = false

  /** @param work does one item, and may answer with others that are done before all that waits. */
  constructor(
    work: (item: Item) => readonly Item[] | undefined,
    now: () => number,
    later: (callback: () => void) => void = nextTask,
  ) {
    this.#work = work
    this.#now = now
    this.#later = later
  }

  push(item: Item): void {
    this.#items.push(item)
    if (!this.#busy) this.#run()
  }

  /** Forgets what waits; nothing is done any more. */
  stop(): void {
    this.#stopped = true
    this.#items = []
    this.#next = 0
  }

  #run(): void {
    this.#busy = true
    const begun = this.#now()
    while (!this.#stopped && this.#next < this.#items.length) {
      if (this.#now() - begun >= SLICE_MS) {
        this.#later(() => this.#run())
        return
      }
      const item = this.#items[this.#next] as Item
      this.#next += 1
      const more = this.#work(item)
      if (more && more.length > 0) {
        this.#items = [...more, ...this.#items.slice(this.#next)]
        this.#next = 0
      }
    }
    this.#items = []
    this.#next = 0
    this.#busy = false
  }
}
