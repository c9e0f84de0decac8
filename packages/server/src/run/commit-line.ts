import type { Expectation, NewEvent } from '../journal/journal.ts'
import type { Statement } from '../platform/statement.ts'

/** What goes into the store together. */
export interface Facts {
  /** Events of the thread. */
  thread: NewEvent[]
  /** Events of the person's own stream. */
  user?: NewEvent[] | undefined
  rows?: Statement[]
  expect?: Expectation[]
  /** Bytes of spoken text among them. */
  spokenBytes?: number
}

export interface CommitLineOptions {
  /** Resolves when the facts are durable. */
  send: (facts: Facts) => Promise<void>
  /** What was spoken since; it comes after all that was added. */
  spoken: () => Facts | undefined
  /** What was on its way is durable, or never will be. */
  onOver: (facts: Facts) => void
}

/** More than one call of a model and its tools leave behind. */
const MOST_WAITING = 64

/**
 * What one attempt has to say, in order, one commit at a time: what is said in one turn of the event
 * loop, or while a commit is under way, goes together. After one that failed none follows, so that
 * what is stored never has a hole.
 */
export class CommitLine {
  readonly #options: CommitLineOptions
  #waiting: Facts[] = []
  #sending: Promise<void> | undefined
  #failure: { error: unknown } | undefined

  constructor(options: CommitLineOptions) {
    this.#options = options
  }

  /** @throws what made an earlier commit fail. */
  add(facts: Facts): void {
    this.assertWell()
    this.#waiting.push(facts)
    this.wake()
  }

  /** There is something to send. */
  wake(): void {
    this.#sending ??= this.#send()
  }

  /** Undefined, or until there is room for more. */
  room(): Promise<void> | undefined {
    return this.#waiting.length < MOST_WAITING ? undefined : this.settled()
  }

  /**
   * Resolves when all that was said so far is durable.
   *
   * @throws what made a commit fail.
   */
  async settled(): Promise<void> {
    await this.#sending
    this.assertWell()
  }

  /** @throws what made a commit fail. */
  assertWell(): void {
    if (this.#failure) throw this.#failure.error
  }

  async #send(): Promise<void> {
    await new Promise((resolve) => void setImmediate(resolve))
    for (let facts = this.#take(); facts; facts = this.#take()) {
      try {
        if (!this.#failure) await this.#options.send(facts)
      } catch (error) {
        this.#failure = { error }
      } finally {
        this.#options.onOver(facts)
      }
    }
    // In the moment in which nothing was left: what comes in the next one begins anew.
    this.#sending = undefined
  }

  #take(): Facts | undefined {
    const waiting = this.#waiting
    this.#waiting = []
    const spoken = this.#options.spoken()
    if (spoken) waiting.push(spoken)
    return waiting.length > 1 ? joined(waiting) : waiting[0]
  }
}

const joined = (all: readonly Facts[]): Facts => {
  const user = all.flatMap((facts) => facts.user ?? [])
  return {
    thread: all.flatMap(({ thread }) => thread),
    ...(all.some((facts) => facts.user) && { user }),
    rows: all.flatMap(({ rows = [] }) => rows),
    expect: all.flatMap(({ expect = [] }) => expect),
    spokenBytes: all.reduce((sum, { spokenBytes = 0 }) => sum + spokenBytes, 0),
  }
}
