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

/** Text as deltas of the message being spoken. */
export interface Spoken {
  deltas: NewEvent[]
  bytes: number
}

/** The messages of one attempt while they are spoken: pieces of text come in, deltas go out. */
export class Speech {
  readonly #runId: RunId
  readonly #backlog: Pick<BacklogShare, 'add'>
  readonly #coalescer: Coalescer
  #messageId: MessageId | undefined
  #length = 0
  #partial = ''
  #due = ''

  constructor(options: {
    runId: RunId
    clock: Clock
    backlog: Pick<BacklogShare, 'add'>
    /** There is something to take. */
    onDue: () => void
  }) {
    this.#runId = options.runId
    this.#backlog = options.backlog
    this.#coalescer = new Coalescer(options.clock, (text) => {
      this.#isDue(text)
      options.onDue()
    })
  }

  add(text: string): void {
    this.#partial += text
    this.#coalescer.add(text)
  }

  /** What has gathered long enough. */
  take(): Spoken | undefined {
    const text = this.#due
    this.#due = ''
    return text === '' ? undefined : { deltas: this.#deltas(text), bytes: Buffer.byteLength(text) }
  }

  /** All that was not taken yet: what is said otherwise comes after it. */
  takeAll(): Spoken | undefined {
    this.#isDue(this.#coalescer.take())
    return this.take()
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

  #isDue(text: string): void {
    this.#due += text
    this.#backlog.add(Buffer.byteLength(text))
  }

  #deltas(text: string): NewEvent[] {
    const message_id = (this.#messageId ??= newId<MessageId>())
    return slices(text).map((slice) => {
      const offset = this.#length
      this.#length += slice.length
      return makeDelta({ run_id: this.#runId, message_id, part: 0, offset, text: slice })
    })
  }
}
