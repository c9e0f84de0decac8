import type { Observation } from './observation.ts'

/** What must hold; each has a test that breaks it. */
export const RULES = [
  /** On one connection each event of a subscription once, in order, without a hole. */
  'contiguous',
  /** One event at one position, whoever reads it. */
  'same_event',
  /** A state, a device's or a snapshot's, is the fold of the journal at its position. */
  'fold',
  /** What was acknowledged is in the journal, unless its epoch changed. */
  'acknowledged',
  /** A connection hears of its own user's streams only. */
  'owner',
  /** A run ends at most once, and once when faults have stopped. */
  'one_terminal',
  /** Who lost a run writes nothing more. */
  'fence',
  /** When faults have stopped, every device comes to the head of what it follows. */
  'convergence',
  /** No more waits for a connection than its window. */
  'window',
  /** One run, one payload and one answer for a client message id. */
  'one_run',
  /** Where something may be lost, `reset` says so to each device that had it. */
  'reset',
  /** A device says that it has only what it got. */
  'claim',
] as const

export type Rule = (typeof RULES)[number]

export interface Violation {
  rule: Rule
  device?: string
  stream?: string
  /** One sentence for a person who looks for the cause. */
  detail: string
}

export interface Counts {
  /** Different events that were seen to be committed. */
  committed: number
  /** Events that reached a device, each once per device. */
  delivered: number
  /** Events that a subscription passed over, that a device lacks at the end, or acknowledged ones that are gone. */
  lost: number
  duplicated: number
  reordered: number
  /** Losses, possible or real, that a device was not told of. */
  unreported: number
  /** Streams taken up again on a new connection. */
  resumes: number
  resets: number
  snapshots: number
}

/** Nothing counted yet. */
export const noCounts = (): Counts => ({
  committed: 0,
  delivered: 0,
  lost: 0,
  duplicated: 0,
  reordered: 0,
  unreported: 0,
  resumes: 0,
  resets: 0,
  snapshots: 0,
})

/** Where rules write what they find. */
export class Report {
  readonly violations: Violation[] = []
  readonly counts = noCounts()

  violation(
    rule: Rule,
    place: { device?: string | undefined; stream?: string | undefined },
    detail: string,
  ): void {
    this.violations.push({
      rule,
      ...(place.device !== undefined && { device: place.device }),
      ...(place.stream !== undefined && { stream: place.stream }),
      detail,
    })
  }
}

export type Seen<Kind extends Observation['kind']> = Extract<Observation, { kind: Kind }>

/** Takes the observations that it names, and says at the end what only the whole shows. */
export type Judge = {
  [Kind in Observation['kind']]?: (observation: Seen<Kind>) => void
} & { end?: () => void }
