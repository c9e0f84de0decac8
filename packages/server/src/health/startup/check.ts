import type { StartupCheckId } from '../../platform/startup-check-ids.ts'

export { STARTUP_CHECK_IDS, type StartupCheckId } from '../../platform/startup-check-ids.ts'

/** What a check found besides that it passed. `warning`: people can use Netra, but not all is well. */
export interface Finding {
  detail?: string
  warning?: string
}

/** One thing that must hold before anybody is let in. */
export interface StartupCheck {
  id: StartupCheckId
  /** Without these it cannot be told: it is skipped when one of them did not pass. */
  needs?: readonly StartupCheckId[]
  /** Generous: a machine that is busy for a while is no reason to stay away. */
  timeoutMs: number
  /** What to do when it does not answer in time. */
  remedy: string
  /** @throws CheckFailed with what to do; anything else is reported with `remedy`. */
  run(signal: AbortSignal): Promise<Finding>
}

export class CheckFailed extends Error {
  override readonly name = 'CheckFailed'
  readonly remedy: string

  constructor(problem: string, remedy: string, cause?: unknown) {
    super(problem, { cause })
    this.remedy = remedy
  }
}

/** What an error says, without a full stop at its end. */
export const wordsOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).replace(/\.$/, '')
