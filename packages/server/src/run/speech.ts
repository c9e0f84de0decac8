import type { NewEvent } from '../journal/journal.ts'
import { makeDelta } from '../journal/journal.ts'
import type { Clock } from '../platform/clock.ts'
import { newId, type MessageId, type RunId } from '../platform/ids.ts'
import type { BacklogShare } from './backlog.ts'
import { Coalescer } from './coalescer.ts'

/** Three bytes a unit at most: an event stays well below the window of a socket. */
const MAX_DELTA_UNITS = 32_000

/** Cuts a text that came at once; a surrogate pair stays whole. */
function slices(text: string): string[] {
  const cut: string[] = []
  for (let from = 0; from < text.length;) {
    const end = from + MAX_DELTA_UNITS
    const splitsPair = end < text.length && /[\uD800-\uDBFF]/.test(text.charAt(end - 1))
    const to = splitsPair ? end - 1 : end
    cut.push(text.slice(from, to))
    from = to
  }
  return cut
}

/**
 * The messages of one attempt while they are spoken. Their text streams to the store a bounded way
 * ahead of it, one commit at a time: where one fails none follows, so a text never has a hole.
 */
export class Speech {
  readonly #runId: RunId
  readonly #backlog: BacklogShare
  readonly #commit: (events: NewEvent[]) => Promise<void>
  readonly #coalescer: Coalescer
  #messageId: MessageId | undefined
  #length = 0
  #partial = ''
  #queued = ''
  #writing: Promise<void> | undefined
  #failure: { error: unknown } | undefined

  constructor(options: {
    runId: RunId
    clock: Clock
    backlog: BacklogShare
    commit: (events: NewEvent[]) => Promise<void>
  }) {
    this.#runId = options.runId
    this.#backlog = options.backlog
    this.#commit = options.commit
    this.#coalescer = new Coalescer(options.clock, (text) => this.#stream(text))
  }

  /**
   * Takes a piece; waits only while too much is on its way to the store.
   *
   * @throws what made an earlier piece fail.
   */
  async add(text: string): Promise<void> {
    this.#assertStored()
    this.#partial += text
    this.#coalescer.add(text)
    if (this.#backlog.mustWait()) await this.#writing
  }

  /**
   * Resolves when all that streamed is durable, with the deltas that the commit of the boundary
   * takes along.
   *
   * @throws what made an earlier piece fail.
   */
  async boundary(): Promise<NewEvent[]> {
    const text = this.#coalescer.take()
    await this.#writing
    this.#assertStored()
    return text === '' ? [] : this.#deltas(text)
  }

  /** Ends the message being spoken, or one that said nothing yet; answers its id. */
  finish(): MessageId {
    const messageId = (this.#messageId ??= newId<MessageId>())
    this.#messageId = undefined
    this.#length = 0
    this.#partial = ''
    return messageId
  }

  /** What of an unfinished message was told; undefined when nothing was. */
  get unfinished(): { id: MessageId; text: string } | undefined {
    if (this.#partial === '' || !this.#messageId) return undefined
    return { id: this.#messageId, text: this.#partial }
  }

  #assertStored(): void {
    if (this.#failure) throw this.#failure.error
  }

  #deltas(text: string): NewEvent[] {
    const message_id = (this.#messageId ??= newId<MessageId>())
    return slices(text).map((slice) => {
      const offset = this.#length
      this.#length += slice.length
      return makeDelta({ run_id: this.#runId, message_id, part: 0, offset, text: slice })
    })
  }

  #stream(text: string): void {
    this.#queued += text
    this.#backlog.add(Buffer.byteLength(text))
    this.#writing ??= this.#write().finally(() => {
      this.#writing = undefined
    })
  }

  async #write(): Promise<void> {
    while (this.#queued !== '') {
      const text = this.#queued
      this.#queued = ''
      try {
        if (!this.#failure) await this.#commit(this.#deltas(text))
      } catch (error) {
        this.#failure = { error }
      } finally {
        this.#backlog.taken(Buffer.byteLength(text))
      }
    }
  }
}
