import type { NewEvent, StreamName } from '../journal/journal.ts'

const beginning = (stream: StreamName): string =>
  `{"type":"event","stream":${JSON.stringify(stream)},"seq":`

export const eventFrame = (stream: StreamName, seq: number, payload: string): string =>
  `${beginning(stream)}${seq},"event":${payload}}`

/** Event frames of one commit, each built when first wanted and then shared by all subscribers. */
export class LazyFrames {
  readonly first: number
  readonly last: number
  readonly #beginning: string
  readonly #events: readonly NewEvent[]
  readonly #frames: string[] = []

  constructor(stream: StreamName, first: number, events: readonly NewEvent[]) {
    this.#beginning = beginning(stream)
    this.first = first
    this.#events = events
    this.last = first + events.length - 1
  }

  at(seq: number): string {
    const index = seq - this.first
    const payload = this.#events[index]?.payload ?? ''
    return (this.#frames[index] ??= `${this.#beginning}${seq},"event":${payload}}`)
  }
}
