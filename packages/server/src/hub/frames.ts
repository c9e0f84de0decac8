import type { NewEvent, StreamName } from '../journal/journal.ts'

export const eventFrame = (stream: StreamName, seq: number, payload: string): string =>
  `{"type":"event","stream":${JSON.stringify(stream)},"seq":${seq},"event":${payload}}`

/** Event frames of one commit, each built when first wanted and then shared by all subscribers. */
export class LazyFrames {
  readonly last: number
  readonly #stream: StreamName
  readonly #first: number
  readonly #events: readonly NewEvent[]
  readonly #frames: string[] = []

  constructor(stream: StreamName, first: number, events: readonly NewEvent[]) {
    this.#stream = stream
    this.#first = first
    this.#events = events
    this.last = first + events.length - 1
  }

  at(seq: number): string {
    const index = seq - this.#first
    return (this.#frames[index] ??= eventFrame(
      this.#stream,
      seq,
      this.#events[index]?.payload ?? '',
    ))
  }
}
