import type { Clock } from './clock.ts'

/** After a probe something must be heard within this time. */
const PROBE_TIMEOUT_MS = 4_000
const CHECK_EVERY_MS = 1_000
/** A check this late was held back (a sleeping laptop, a tab in the background): it judges nothing. */
const LATE_MS = 5_000

/**
 * Watches that a socket is not silent: pings after `intervalMs` without a frame, gives it up after
 * `timeoutMs`. What was held back is probed first and judged afterwards, because frames may lie
 * unread behind the very timer that found them missing.
 */
export class Heartbeat {
  readonly #clock: Clock
  readonly #ping: () => void
  readonly #dead: () => void
  readonly #intervalMs: number
  readonly #timeoutMs: number
  #heardAt: number
  #pingedAt: number
  #checkedAt: number
  #deadline: number | undefined
  #cancel: (() => void) | undefined

  constructor(options: {
    clock: Clock
    intervalMs: number
    timeoutMs: number
    ping: () => void
    dead: () => void
  }) {
    this.#clock = options.clock
    this.#ping = options.ping
    this.#dead = options.dead
    this.#intervalMs = options.intervalMs
    this.#timeoutMs = options.timeoutMs
    const now = this.#clock.monotonic()
    this.#heardAt = now
    this.#pingedAt = now
    this.#checkedAt = now
    this.#arm()
  }

  heard(): void {
    this.#heardAt = this.#clock.monotonic()
    this.#deadline = undefined
  }

  /** Asks now; without any frame within four seconds the socket is given up. */
  probe(): void {
    const now = this.#clock.monotonic()
    this.#deadline ??= now + PROBE_TIMEOUT_MS
    this.#sendPing(now)
  }

  stop(): void {
    this.#cancel?.()
    this.#cancel = undefined
  }

  #arm(): void {
    this.#cancel = this.#clock.after(CHECK_EVERY_MS, () => {
      this.#check()
      if (this.#cancel) this.#arm()
    })
  }

  #check(): void {
    const now = this.#clock.monotonic()
    const late = now - this.#checkedAt > LATE_MS
    this.#checkedAt = now
    if (late) {
      this.#deadline = now + PROBE_TIMEOUT_MS
      return this.#sendPing(now)
    }
    const probed = this.#deadline !== undefined && now >= this.#deadline
    if (probed || now - this.#heardAt >= this.#timeoutMs) {
      this.stop()
      return this.#dead()
    }
    const quiet = now - Math.max(this.#heardAt, this.#pingedAt)
    if (quiet >= this.#intervalMs) this.#sendPing(now)
  }

  #sendPing(now: number): void {
    this.#pingedAt = now
    this.#ping()
  }
}
