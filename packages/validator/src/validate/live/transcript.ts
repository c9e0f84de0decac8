import type { Exchange } from '../check.ts'

const LINE_CHARS = 220
/** Of each direction: the first and the last ones. */
const SHOWN_LINES = 24

/**
 * What went over one connection, with times, as evidence. It is an exchange from its beginning and
 * grows, so that a check that runs out of time still shows how far it came.
 */
export class Transcript implements Exchange {
  readonly #name: string
  readonly #begun = performance.now()
  readonly #sent = new Lines()
  readonly #received = new Lines()
  #lastAt = this.#begun

  constructor(name: string) {
    this.#name = name
  }

  get sent(): string {
    return [this.#name, ...this.#sent.shown()].join('\n')
  }

  get received(): string {
    return this.#received.shown().join('\n')
  }

  get durationMs(): number {
    return Math.round(this.#lastAt - this.#begun)
  }

  /** A plain object, as whoever spreads it expects. */
  get exchange(): Exchange {
    return liveExchange(this)
  }

  noteSent(text: string): void {
    // Before it is cut short: half of a secret is not known for one.
    this.#sent.add(this.#line(text.replace(/("(?:token|ticket)":")[^"]*/, '$1…')))
  }

  noteReceived(text: string): void {
    this.#received.add(this.#line(text))
  }

  #line(text: string): string {
    this.#lastAt = performance.now()
    const at = String(Math.round(this.#lastAt - this.#begun)).padStart(5)
    const shown = text.length > LINE_CHARS ? `${text.slice(0, LINE_CHARS)}… (${text.length})` : text
    return `${at} ms ${shown}`
  }
}

/** Own, enumerable getters: spreading reads what is known then. */
const liveExchange = (transcript: Transcript): Exchange =>
  Object.defineProperties({} as Exchange, {
    sent: { enumerable: true, get: () => transcript.sent },
    received: { enumerable: true, get: () => transcript.received },
    durationMs: { enumerable: true, get: () => transcript.durationMs },
  })

/** The first and the last lines of many. */
class Lines {
  readonly #first: string[] = []
  readonly #last: string[] = []
  #count = 0

  add(line: string): void {
    this.#count += 1
    if (this.#first.length < SHOWN_LINES / 2) this.#first.push(line)
    else {
      this.#last.push(line)
      if (this.#last.length > SHOWN_LINES / 2) this.#last.shift()
    }
  }

  shown(): string[] {
    const left = this.#count - this.#first.length - this.#last.length
    return left > 0
      ? [...this.#first, `         … ${left} more …`, ...this.#last]
      : [...this.#first, ...this.#last]
  }
}
