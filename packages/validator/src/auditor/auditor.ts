import { Commands } from './commands.ts'
import { Convergence } from './convergence.ts'
import { Folds } from './folds.ts'
import { Known } from './known.ts'
import type { Observation } from './observation.ts'
import { Owners } from './owners.ts'
import { Report, type Counts, type Judge, type Violation } from './report.ts'
import { Runs } from './runs.ts'
import { Traffic } from './traffic.ts'
import { Window } from './window.ts'

export type { Observation, HeardMessage, JournalEvent, StreamState } from './observation.ts'
export { noCounts, RULES, type Counts, type Rule, type Violation } from './report.ts'

export interface Audit {
  violations: Violation[]
  counts: Counts
}

/** Judges while things happen; `end` adds what only the whole shows, and may be asked once. */
export interface Auditor {
  see(observation: Observation): void
  end(): Audit
}

/**
 * Judges what devices, connections and a journal saw of each other. Pure and deterministic: no clock,
 * no random, no input but the observations. It shares no code with a server or a client; the schemas
 * and folds of the protocol are the law that it applies. See `Observation` for what it takes and
 * `RULES` for what must hold. What nobody observed is not judged.
 */
export function createAuditor(): Auditor {
  const report = new Report()
  const known = new Known(report)
  const judges: Judge[] = [
    known,
    new Traffic(report, known),
    new Owners(report, known),
    new Commands(report, known),
    new Runs(report, known),
    new Folds(report, known),
    new Convergence(report, known),
    new Window(report),
  ]
  return {
    see(observation) {
      for (const judge of judges) handlerOf(judge, observation.kind)?.call(judge, observation)
    },
    end() {
      for (const judge of judges) judge.end?.()
      return { violations: report.violations, counts: report.counts }
    },
  }
}

/** TypeScript cannot see that a kind's handler takes that kind. */
const handlerOf = (judge: Judge, kind: Observation['kind']) =>
  judge[kind] as ((observation: Observation) => void) | undefined

/** The same for a list that is complete. */
export function audit(observations: Iterable<Observation>): Audit {
  const auditor = createAuditor()
  for (const observation of observations) auditor.see(observation)
  return auditor.end()
}
