import type { StartupCheckId } from './check.ts'

/**
 * `warned`: passed, but not all is well. `bypassed`: failed, and the operator goes around it.
 * `skipped`: what it needs did not pass.
 */
export type StartupStatus = 'passed' | 'warned' | 'failed' | 'bypassed' | 'skipped'

export interface StartupResult {
  id: StartupCheckId
  status: StartupStatus
  ms: number
  detail?: string
  /** Why it did not pass, or what is not well. */
  problem?: string
  /** What to do about it. */
  remedy?: string
}

export interface StartupReport {
  status: 'running' | 'passed' | 'bypassed' | 'failed'
  /** From the begin of the process to the end of the last check. */
  total_ms: number
  /** Where that time went, in order: what came before the checks, and each check. */
  phases: { name: string; ms: number }[]
  checks: StartupResult[]
}

/** A check did not pass: nobody is let in. */
export class StartupFailed extends Error {
  override readonly name = 'StartupFailed'
  readonly report: StartupReport

  constructor(report: StartupReport) {
    const failed = report.checks.filter(({ status }) => status === 'failed')
    super(failed.map(sentenceOf).join('\n'))
    this.report = report
  }
}

const sentenceOf = ({ id, problem, remedy }: StartupResult): string =>
  `the start-up check "${id}" failed: ${problem}.${remedy === undefined ? '' : ` ${remedy}`}`

export const statusOf = (checks: readonly StartupResult[]): 'passed' | 'bypassed' | 'failed' => {
  if (checks.some(({ status }) => status === 'failed')) return 'failed'
  return checks.some(({ status }) => status === 'bypassed') ? 'bypassed' : 'passed'
}
