import { LIMITS } from '../limits.ts'
import type { EventResponse } from './event-request.ts'

export interface Polled {
  /** Messages as JSON text. */
  messages: readonly string[]
  /** After the last of them; undefined when none of them moved it. */
  position: string | undefined
}

/** One answer of a long poll: it is complete once there is something and no more comes at once. */
export class PolledResponse implements EventResponse {
  readonly transport = 'poll'
  readonly waiting = false
  readonly taken = 0
  readonly #messages: string[] = []
  readonly #complete = Promise.withResolvers<Polled>()
  #length = 0
  #events = 0
  #position: string | undefined
  #isLive = false
  #isOver = false
  #isDue = false

  /** @param isNew the reader knows nothing yet: that there is nothing is an answer too. */
  constructor(isNew: boolean) {
    this.#isDue = isNew
  }

  get complete(): Promise<Polled> {
    return this.#complete.promise
  }

  get open(): boolean {
    return !this.#isOver && this.#length < LIMITS.windowBytes && this.#events < LIMITS.windowEvents
  }

  write(message: string, position: string | undefined): void {
    if (this.#isOver) return
    this.#messages.push(message)
    this.#length += message.length
    if (position !== undefined) this.#position = position
    const isLive = message.startsWith('{"type":"live"')
    if (isLive) this.#isLive = true
    else this.#events += 1
    if (!isLive) this.#isDue = true
    // What is committed together is answered together.
    if (!this.open || (this.#isLive && this.#isDue)) setImmediate(() => this.end())
  }

  end(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#complete.resolve({ messages: this.#messages, position: this.#position })
  }

  cut(): void {
    this.end()
  }
}
