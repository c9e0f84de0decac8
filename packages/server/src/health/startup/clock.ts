import type { Clock } from '../../platform/clock.ts'
import { CheckFailed, type StartupCheck } from './check.ts'

/** No Netra is older than this, and none of now is meant to be running then. */
const EARLIEST_MS = Date.UTC(2026, 0, 1)
const LATEST_MS = Date.UTC(2100, 0, 1)
/** Between two looks at both clocks of a start; more is a step. */
const STEP_MS = 60_000
/** Behind the last time that the store saw: more than clocks of machines differ. */
const BEHIND_MS = 15 * 60_000

const REMEDY = "Set the machine's clock (timedatectl set-ntp true), then start again."

/**
 * The time of day is of this century, goes as fast as the clock that never steps, and is not far
 * behind what the store saw. The last only warns: a clock that was once ahead must lock nobody out.
 */
export const clockCheck = (port: {
  clock: Clock
  /** Both clocks, earlier in this start. */
  since: { nowMs: number; monotonicMs: number }
  lastSeenMs(): Promise<number | undefined>
}): StartupCheck => ({
  id: 'clock',
  timeoutMs: 10_000,
  remedy: REMEDY,
  async run() {
    const { clock, since } = port
    const now = clock.now()
    if (now < EARLIEST_MS || now > LATEST_MS) {
      throw new CheckFailed(
        `this machine believes that it is ${new Date(now).toISOString().slice(0, 10)}`,
        REMEDY,
      )
    }
    const steppedMs = now - since.nowMs - (clock.monotonic() - since.monotonicMs)
    if (Math.abs(steppedMs) > STEP_MS) {
      return { warning: `the clock stepped by ${Math.round(steppedMs / 1000)} s during the start` }
    }
    const lastSeen = await port.lastSeenMs()
    if (lastSeen !== undefined && lastSeen - now > BEHIND_MS) {
      return {
        warning: `the clock (${new Date(now).toISOString()}) is behind what the store saw last (${new Date(lastSeen).toISOString()})`,
      }
    }
    return { detail: new Date(now).toISOString() }
  },
})
