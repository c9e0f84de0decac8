import { randomUUID } from 'node:crypto'

import type { StreamName } from '../../packages/server/src/journal/journal.ts'

const PROSE =
  'The median request waits for its first token far longer than for all the others together — so ' +
  'batching prompts by length helps most where queues are short and the cache is still cold. '

/** One answer as a model streams it: pieces of about 40 characters at growing offsets. */
export class Answer {
  readonly stream: StreamName
  readonly #ids = { run_id: randomUUID(), message_id: randomUUID(), part: 0 }
  #offset = 0

  constructor(stream: StreamName) {
    this.stream = stream
  }

  get runId(): string {
    return this.#ids.run_id
  }

  next() {
    const from = this.#offset % (PROSE.length - 50)
    const text = PROSE.slice(from, from + 36 + (this.#offset % 9))
    const offset = this.#offset
    this.#offset += text.length
    return { ...this.#ids, offset, text }
  }
}
