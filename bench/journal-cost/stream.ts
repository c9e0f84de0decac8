import {
  makeDelta,
  type CommitResult,
  type Journal,
} from '../../packages/server/src/journal/journal.ts'
import { systemClock } from '../../packages/server/src/platform/clock.ts'
import { Coalescer } from '../../packages/server/src/run/coalescer.ts'
import type { Answer } from '../support/answer.ts'

/** Of so many pieces of text one has a mark: finding them all would load the reader more than Netra. */
const MARK_EVERY = 8

/** The moment, by a clock that all processes share, as it is found again in the text. */
const mark = (): string => `@${process.hrtime.bigint()} `

/** One running answer that is streamed, its commits not waited for one by one. */
export class Stream {
  readonly #journal: Journal
  readonly #answer: Answer
  readonly #coalescer: Coalescer
  #pieces = 0
  #marks = 0
  /** `seq` of its last event. */
  head = 0
  #commits: Promise<CommitResult>[] = []

  constructor(journal: Journal, answer: Answer) {
    this.#journal = journal
    this.#answer = answer
    this.#coalescer = new Coalescer(systemClock, (text) => this.#commit(answer.piece(text)))
  }

  /** An event of its own, marked at its commit. */
  event(): void {
    this.#marks += 1
    this.#commit(this.#answer.next(mark()))
  }

  /** A few letters from the model, marked as they come. */
  piece(): void {
    const isMarked = this.#pieces % MARK_EVERY === 0
    this.#pieces += 1
    if (isMarked) this.#marks += 1
    this.#coalescer.add(isMarked ? mark() : 'token ')
  }

  #commit(piece: ReturnType<Answer['piece']>): void {
    this.head += 1
    this.#commits.push(
      this.#journal.commit({
        appends: [{ stream: this.#answer.stream, events: [makeDelta(piece)] }],
        fence: { runId: this.#answer.runId, fence: 1 },
      }),
    )
  }

  /** Once all is durable: what came since the last time. */
  async settled(): Promise<{ events: number; marks: number }> {
    const rest = this.#coalescer.take()
    if (rest !== '') this.#commit(this.#answer.piece(rest))
    const results = await Promise.all(this.#commits)
    const refused = results.find(({ status }) => status !== 'committed')
    if (refused) throw new Error(refused.status)
    const marks = this.#marks
    this.#commits = []
    this.#marks = 0
    return { events: results.length, marks }
  }
}
