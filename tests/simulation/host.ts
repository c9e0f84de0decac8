import type { Schedule } from './schedule.ts'

/** When all worlds begin, by the clocks of their machines. */
export const BEGINNING = Date.UTC(2026, 0, 1)

/**
 * One machine, or one page: whatever runs on it runs through `run`. While it stands still its timers
 * do not fire and what arrives waits, then all comes at once; once it is dead nothing runs any more.
 */
export class Host {
  readonly name: string
  readonly schedule: Schedule
  readonly #held: (() => void)[] = []
  #state: 'running' | 'paused' | 'dead' = 'running'
  /** What waited is being done; what arrives meanwhile comes behind it. */
  #draining = false
  /** How far its wall clock is off. */
  wallOffset = 0

  constructor(name: string, schedule: Schedule) {
    this.name = name
    this.schedule = schedule
  }

  get state(): 'running' | 'paused' | 'dead' {
    return this.#state
  }

  run(callback: () => void): void {
    if (this.#state === 'dead') return
    if (this.#state === 'paused' || this.#draining) this.#held.push(callback)
    else callback()
  }

  /** Runs it after so long; answers how to call it off. */
  after(ms: number, callback: () => void): () => void {
    let isOff = false
    const cancel = this.schedule.after(ms, () =>
      this.run(() => {
        if (!isOff) callback()
      }),
    )
    return () => {
      isOff = true
      cancel()
    }
  }

  pause(): void {
    if (this.#state === 'running') this.#state = 'paused'
  }

  resume(): void {
    if (this.#state !== 'paused') return
    this.#state = 'running'
    this.#draining = true
    this.#drain()
  }

  #drain(): void {
    this.schedule.after(0, () => {
      const first = this.#state === 'running' ? this.#held.shift() : undefined
      this.#draining = first !== undefined
      if (!first) return
      first()
      this.#drain()
    })
  }

  kill(): void {
    this.#state = 'dead'
    this.#held.length = 0
  }

  /** Fits the clocks of the server and of the client. */
  readonly clock = {
    now: (): number => Math.floor(BEGINNING + this.schedule.now + this.wallOffset),
    monotonic: (): number => this.schedule.now,
    after: (ms: number, callback: () => void): (() => void) => this.after(ms, callback),
  }
}
