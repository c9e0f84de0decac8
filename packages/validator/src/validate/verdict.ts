import type { Environment, Result } from './check.ts'

export type Verdict = 'ready' | 'ready_with_warnings' | 'not_ready' | 'could_not_run'

/** What was judged: everything, the golden path within 15 s, or what `--only` named. */
export type Scope = 'full' | 'smoke' | 'part'

export const EXIT_CODES: Record<Verdict, number> = {
  ready: 0,
  ready_with_warnings: 0,
  not_ready: 1,
  could_not_run: 2,
}

/**
 * The rule: one blocking check that did not pass, for whatever reason, is *not ready*, whatever
 * share passes; so is any mode that lets people in without an account, or that went around a check
 * at start, in production.
 */
export function verdictOf(
  results: readonly Result[],
  options: { environment: Environment; modes: readonly string[]; interrupted?: boolean },
): Verdict {
  if (results.length === 0 || options.interrupted) return 'could_not_run'
  const open = results.filter(({ outcome }) => outcome !== 'passed')
  if (open.some(({ weight }) => weight === 'blocking')) return 'not_ready'
  if (options.modes.length > 0 && options.environment === 'production') return 'not_ready'
  return open.length > 0 || options.modes.length > 0 ? 'ready_with_warnings' : 'ready'
}

/** The verdict in words. Only a full run says "ready": a part says of what. */
export function headlineOf(
  verdict: Verdict,
  scope: Scope,
  { tried, all }: { tried: number; all: number },
): string {
  if (verdict === 'could_not_run') return 'COULD NOT RUN TO ITS END: this says nothing'
  if (scope === 'full') return FULL[verdict]
  const what = scope === 'smoke' ? 'THE GOLDEN PATH' : 'THE PART THAT WAS ASKED FOR'
  const rest = `${tried} of ${all} checks; this says nothing of the others`
  return `${what} ${PART[verdict]} (${rest})`
}

const FULL = {
  ready: 'READY',
  ready_with_warnings: 'READY, WITH WARNINGS',
  not_ready: 'NOT READY',
}
const PART = {
  ready: 'PASSES',
  ready_with_warnings: 'PASSES, WITH WARNINGS',
  not_ready: 'DOES NOT PASS',
}
