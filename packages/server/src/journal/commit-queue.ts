import type { Commit, CommitResult } from './journal.ts'
import { type CommitOutcome, toError } from './outcome.ts'

interface Queued {
  commit: Commit
  resolve: (result: CommitResult) => void
  reject: (error: Error) => void
}

/** Payload characters that one group takes, so that a flood of commits stays a row of short ones. */
const GROUP_SIZE = 4 * 1024 * 1024

export interface CommitQueueOptions {
  /** Groups under way at once; more than one only where they are answered in order. */
  inFlight: number
  send: (commits: readonly Commit[]) => Promise<CommitOutcome[]>
  /** Called in commit order, before the commit's promise is settled. */
  onOutcome: (commit: Commit, outcome: CommitOutcome) => void
}

/** Commits on their way to the writer: what arrives while it is busy goes together. */
export class CommitQueue {
  readonly #options: CommitQueueOptions
  #waiting: Queued[] = []
  #groups = 0
  #inFlight = 0
  #scheduled = false
  #idle: (() => void)[] = []

  constructor(options: CommitQueueOptions) {
    this.#options = options
  }

  /** Commits not yet durable. */
  get pending(): number {
    return this.#waiting.length + this.#inFlight
  }

  /** Commits that were not even sent. */
  get waiting(): number {
    return this.#waiting.length
  }

  add(commit: Commit): Promise<CommitResult> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ commit, resolve, reject })
      if (this.#scheduled) return
      this.#scheduled = true
      queueMicrotask(() => {
        this.#scheduled = false
        this.#pump()
      })
    })
  }

  /** Resolves once nothing is pending. */
  async drained(): Promise<void> {
    if (this.pending === 0) return
    await new Promise<void>((resolve) => this.#idle.push(resolve))
  }

  #pump(): void {
    while (this.#groups < this.#options.inFlight && this.#waiting.length > 0) {
      void this.#send(this.#takeGroup())
    }
  }

  #takeGroup(): Queued[] {
    let size = 0
    let count = 0
    while (count < this.#waiting.length && size < GROUP_SIZE) {
      size += sizeOf(this.#waiting[count]?.commit)
      count += 1
    }
    return this.#waiting.splice(0, count)
  }

  async #send(group: Queued[]): Promise<void> {
    this.#groups += 1
    this.#inFlight += group.length
    const outcomes = await this.#outcomesOf(group)
    this.#groups -= 1
    this.#inFlight -= group.length
    group.forEach((queued, index) => {
      const outcome = outcomes[index] ?? lost('the writer gave no answer')
      this.#options.onOutcome(queued.commit, outcome)
      if (outcome.status === 'failed') queued.reject(toError(outcome.failure))
      else queued.resolve(outcome)
    })
    this.#pump()
    if (this.pending === 0) for (const resolve of this.#idle.splice(0)) resolve()
  }

  async #outcomesOf(group: readonly Queued[]): Promise<CommitOutcome[]> {
    try {
      return await this.#options.send(group.map(({ commit }) => commit))
    } catch (error) {
      const outcome = lost(error instanceof Error ? error.message : String(error))
      return group.map(() => outcome)
    }
  }
}

const lost = (message: string): CommitOutcome => ({
  status: 'failed',
  failure: { kind: 'broken', message },
})

const sizeOf = (commit: Commit | undefined): number =>
  commit?.appends.reduce(
    (sum, { events }) => events.reduce((inner, { payload }) => inner + payload.length, sum),
    0,
  ) ?? 0
