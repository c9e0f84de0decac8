import type { CheckContext, Pace } from './context.ts'
import type { Environment } from './environment.ts'
import type { Exchange, Outcome } from './outcome.ts'

export { ENVIRONMENTS, type Environment } from './environment.ts'
export {
  CheckFailure,
  CheckRefused,
  CheckSkipped,
  CheckTimedOut,
  type Exchange,
  type Outcome,
} from './outcome.ts'

/** In the order in which they run; `--only` and `--skip` take these, or ids of single checks. */
export const GROUPS = [
  'network',
  'addresses',
  'health',
  'accounts',
  'agents',
  'threads',
  'conversation',
  'classic',
  'resume',
  'crowd',
  'stream',
  'cancel',
  'breaker',
  'errors',
  'limits',
  'security',
] as const
export type Group = (typeof GROUPS)[number]

/**
 * `blocking`: not passed, whatever the reason, is *not ready*; golden path, events, sign-in and
 * isolation are. `advisory`: not passed is a warning.
 */
export type Weight = 'blocking' | 'advisory'

/** One thing that must hold of a running Netra, seen from outside. */
export interface Check {
  /** `<group>.<what>`, never changed once released: reports are compared by it. */
  id: `${Group}.${string}`
  group: Group
  /** What holds when it passes, as a fact. */
  title: string
  weight: Weight | Partial<Record<Environment, Weight>>
  /** Part of `--smoke`. */
  smoke?: true
  /** Starts with the first check and is awaited in its place, because it mostly waits. */
  background?: true
  /** The whole check, ms; 20 s unless told. */
  timeoutMs?: number
  /** Why it says nothing of this server (TLS of a plain address…), or undefined when it does. */
  applies?: (at: Place) => string | undefined
  /** Ids of checks without which it can say nothing: when one of them did not pass it is skipped. */
  needs?: readonly Check['id'][]
  /** Likeliest cause and what to do about it, shown when it does not pass; the first that fits. */
  causes: readonly Cause[]
  /**
   * Resolves with what was seen.
   *
   * @throws CheckFailure with what was wrong; anything else thrown is an `error`, and no pass either.
   */
  run(context: CheckContext): Promise<string>
}

/** What is known of the server before anything is asked. */
export interface Place {
  url: URL
  environment: Environment
  withModel: boolean
  plainPort: number | undefined
  pace: Pace
}

export interface Cause {
  /** Tested against what was wrong; without it the cause fits always. */
  when?: RegExp
  cause: string
  fix: string
}

export interface Result {
  id: Check['id']
  group: Group
  title: string
  weight: Weight
  outcome: Outcome
  /** What was seen, or what was wrong. */
  seen: string
  exchanges: readonly Exchange[]
  durationMs: number
  /** When it did not pass. */
  cause?: string
  fix?: string
}

export const weightIn = (check: Check, environment: Environment): Weight =>
  typeof check.weight === 'string' ? check.weight : (check.weight[environment] ?? 'blocking')
