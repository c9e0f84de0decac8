import type { Clock } from '../../platform/clock.ts'
import type { Logger } from '../../platform/logger.ts'

export interface UpkeepTimes {
  /** From a removal or a change of rows to the moment the old bytes are overwritten; many go together. */
  overwriteAfterMs: number
  /** Rows that one step of the scrub verifies, and how long the next one waits. */
  scrubRows: number
  scrubEveryMs: number
  /** From the end of one pass over the log to the next. */
  scrubPassMs: number
}

/** Ten minutes are promised for an erasure; two leave room for retries. */
export const UPKEEP_TIMES: UpkeepTimes = {
  overwriteAfterMs: 120_000,
  scrubRows: 500,
  scrubEveryMs: 1_000,
  scrubPassMs: 86_400_000,
}

const RETRY_MS = 5_000
/** Times that an emptying of the WAL may meet a reader before it waits. */
const BLOCKED_AT_MOST = 50

interface OverwriteOptions {
  clock: Clock
  logger: Logger
  afterMs: number
  /** Does one step; `rows` and `wal` say what is left. */
  step: () => Promise<'rows' | 'wal' | 'nothing'>
}

/** Overwrites what was removed, a short step at a time, some while after it was removed. */
export class OverwriteTimer {
  readonly #options: OverwriteOptions
  #cancel: (() => void) | undefined
  #running = false
  #again = false
  #closed = false

  constructor(options: OverwriteOptions) {
    this.#options = options
  }

  due(afterMs = this.#options.afterMs): void {
    if (this.#running) this.#again = true
    if (this.#running || this.#cancel || this.#closed) return
    this.#cancel = this.#options.clock.after(afterMs, () => {
      this.#cancel = undefined
      void this.#run()
    })
  }

  async #run(): Promise<void> {
    this.#running = true
    this.#again = false
    let retry = false
    try {
      retry = !(await this.#toTheEnd())
    } catch (error) {
      if (!this.#closed) this.#options.logger.warn({ err: error }, 'an erasure must wait')
      retry = true
    }
    this.#running = false
    if (retry) this.due(RETRY_MS)
    else if (this.#again) this.due()
  }

  async #toTheEnd(): Promise<boolean> {
    for (let blocked = 0; blocked < BLOCKED_AT_MOST && !this.#closed;) {
      const left = await this.#options.step()
      if (left === 'nothing') return true
      if (left === 'wal') blocked += 1
    }
    return this.#closed
  }

  close(): void {
    this.#closed = true
    this.#cancel?.()
  }
}

interface ScrubOptions {
  clock: Clock
  logger: Logger
  times: UpkeepTimes
  /** Commits so far: while none come, the scrub is faster. */
  commits: () => number
  /** Verifies some rows; true at the end of the log. */
  step: (rows: number) => Promise<boolean>
}

const IDLE_FACTOR = 8

/** Verifies the log from end to end, slowly, for ever. */
export class ScrubTimer {
  readonly #options: ScrubOptions
  #cancel: (() => void) | undefined
  #commits = 0
  #closed = false

  constructor(options: ScrubOptions) {
    this.#options = options
    this.#after(options.times.scrubEveryMs)
  }

  #after(ms: number): void {
    if (this.#closed || ms === Infinity) return
    this.#cancel = this.#options.clock.after(ms, () => void this.#run())
  }

  async #run(): Promise<void> {
    const { commits, step, times, logger } = this.#options
    const idle = commits() === this.#commits
    this.#commits = commits()
    let done = false
    try {
      done = await step(times.scrubRows * (idle ? IDLE_FACTOR : 1))
    } catch (error) {
      if (!this.#closed) logger.warn({ err: error }, 'the journal could not be scrubbed')
    }
    this.#after(done ? times.scrubPassMs : times.scrubEveryMs)
  }

  close(): void {
    this.#closed = true
    this.#cancel?.()
  }
}
