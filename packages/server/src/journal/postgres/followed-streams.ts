import type { Logger } from '../../platform/logger.ts'
import type { StreamName } from '../journal.ts'

type Listener = (head: number) => void

/** Streams that somebody in this process listens to. */
export class FollowedStreams {
  readonly #listeners = new Map<StreamName, Set<Listener>>()
  readonly #logger: Logger
  readonly #onLeft: (stream: StreamName) => void

  /** `onLeft` is called when the last listener of a stream went. */
  constructor(logger: Logger, onLeft: (stream: StreamName) => void) {
    this.#logger = logger
    this.#onLeft = onLeft
  }

  get names(): StreamName[] {
    return [...this.#listeners.keys()]
  }

  has(stream: StreamName): boolean {
    return this.#listeners.has(stream)
  }

  add(stream: StreamName, listener: Listener): () => void {
    const listeners = this.#listeners.get(stream) ?? new Set()
    this.#listeners.set(stream, listeners.add(listener))
    return () => {
      const removed = listeners.delete(listener)
      if (!removed || listeners.size > 0) return
      this.#listeners.delete(stream)
      this.#onLeft(stream)
    }
  }

  tell(stream: StreamName, head: number): void {
    for (const listener of this.#listeners.get(stream) ?? []) {
      try {
        listener(head)
      } catch (error) {
        this.#logger.error({ err: error, stream }, 'a follower of the journal failed')
      }
    }
  }
}
