import type { StreamName } from '../../packages/server/src/journal/journal.ts'
import { newId, type MessageId, type RunId } from '../../packages/server/src/platform/ids.ts'

const PROSE =
  'The median request waits for its first token far longer than for all the others together — so ' +
  'batching prompts by length helps most where queues are short and the cache is still cold. '

/** One answer as a model streams it: pieces of about 40 characters at growing offsets. */
export class Answer {
  readonly stream: StreamName
  readonly #ids = { run_id: newId<RunId>(), message_id: newId<MessageId>(), part: 0 }
  #offset = 0

  constructor(stream: StreamName) {
    this.stream = stream
  }

  get runId(): RunId {
    return this.#ids.run_id
  }

  /** `mark` goes before the text, for who must know a piece again. */
  next(mark = '') {
    const from = this.#offset % (PROSE.length - 50)
    return this.piece(mark + PROSE.slice(from, from + 36 + (this.#offset % 9)))
  }

  piece(text: string) {
    const offset = this.#offset
    this.#offset += text.length
    return { ...this.#ids, offset, text }
  }
}
