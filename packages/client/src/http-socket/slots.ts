import type { Clock } from '../clock.ts'

/** How long a request may keep its place while another one waits. */
const TURN_MS = 2_000

interface Holder {
  since: number
  giveUp: () => void
}

/**
 * Places for requests that stay open. A browser opens six connections to one host at most; whoever
 * waits longer than a turn gets the place of the one that has held it longest.
 */
export class Slots {
  readonly #clock: Clock
  readonly #holders = new Set<Holder>()
  /** In the order they came; each is given the place of the one that leaves. */
  #waiting: (() => void)[] = []
  #free: number
  #cancelTurn: (() => void) | undefined

  constructor(clock: Clock, size: number) {
    this.#clock = clock
    this.#free = size
  }

  /**
   * Resolves with the end of the hold, once there is a place.
   *
   * @param giveUp is called when another one waits: let go soon, and come again.
   */
  async hold(giveUp: () => void): Promise<() => void> {
    if (this.#free > 0) this.#free -= 1
    else {
      this.#arm()
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
    const holder: Holder = { since: this.#clock.monotonic(), giveUp }
    this.#holders.add(holder)
    if (this.#waiting.length > 0) this.#arm()
    return () => {
      if (this.#holders.delete(holder)) this.#pass()
    }
  }

  #pass(): void {
    const next = this.#waiting.shift()
    if (next) next()
    else this.#free += 1
  }

  stop(): void {
    this.#cancelTurn?.()
    this.#holders.clear()
    for (const resolve of this.#waiting.splice(0)) resolve()
  }

  #arm(): void {
    if (this.#cancelTurn) return
    const [oldest] = this.#holders
    const left = oldest ? TURN_MS - (this.#clock.monotonic() - oldest.since) : 0
    this.#cancelTurn = this.#clock.after(Math.max(0, left), () => {
      this.#cancelTurn = undefined
      if (this.#waiting.length === 0) return
      const [first] = this.#holders
      first?.giveUp()
    })
  }
}
