/** After so long it is others' turn. */
const FLUSH_MS = 4

/** Writes what it has gathered. */
export interface Gathering {
  flushOrEnd(): void
}

/** Outboxes that have gathered something, in the order in which they began to. */
class DueOutboxes {
  #due: Gathering[] = []
  #next = 0

  add(outbox: Gathering): void {
    if (this.#due.push(outbox) === 1) setImmediate(() => this.#flush())
  }

  #flush(): void {
    const until = performance.now() + FLUSH_MS
    for (; this.#next < this.#due.length; this.#next += 1) {
      if (performance.now() >= until) {
        setImmediate(() => this.#flush())
        return
      }
      this.#due[this.#next]?.flushOrEnd()
    }
    this.#due = []
    this.#next = 0
  }
}

export const due = new DueOutboxes()
