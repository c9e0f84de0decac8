import type { Environment, Result } from '../check.ts'
import type { Scope, Verdict } from '../verdict.ts'

export interface Report {
  url: string
  environment: Environment
  scope: Scope
  verdict: Verdict
  /** The verdict in words. */
  headline: string
  version: string | null
  revision: string | null
  /** ISO 8601, UTC. */
  startedAt: string
  durationMs: number
  /** Ways around an account or a check at start that are open there. */
  modes: readonly string[]
  results: readonly Result[]
  /** Checks that say nothing of this server, and why. */
  notApplicable: readonly { id: string; title: string; why: string }[]
  /** What this run made and could not remove. */
  leftBehind: readonly string[]
}

export const isPassed = ({ outcome }: Result): boolean => outcome === 'passed'
