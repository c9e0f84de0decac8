import type { StreamName } from '../journal.ts'
import type { StreamHead } from './shared-store.ts'

const NOTHING: StreamHead = { head: 0, removedThrough: 0 }

interface Ask {
  stream: StreamName
  resolve: (head: StreamHead) => void
  reject: (error: unknown) => void
}

/**
 * Questions for heads: what is asked while an answer is under way goes together in the next. A
 * question is never answered by a look at the store that began before it was asked.
 */
export class HeadAsks {
  readonly #look: (streams: StreamName[]) => Promise<ReadonlyMap<StreamName, StreamHead>>
  #waiting: Ask[] = []
  #looking = false

  constructor(look: (streams: StreamName[]) => Promise<ReadonlyMap<StreamName, StreamHead>>) {
    this.#look = look
  }

  ask(stream: StreamName): Promise<StreamHead> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ stream, resolve, reject })
      if (this.#looking) return
      this.#looking = true
      queueMicrotask(() => void this.#answer())
    })
  }

  async #answer(): Promise<void> {
    while (this.#waiting.length > 0) {
      const asks = this.#waiting.splice(0)
      try {
        const heads = await this.#look([...new Set(asks.map(({ stream }) => stream))])
        for (const { stream, resolve } of asks) resolve(heads.get(stream) ?? NOTHING)
      } catch (error) {
        for (const { reject } of asks) reject(error)
      }
    }
    this.#looking = false
  }
}
